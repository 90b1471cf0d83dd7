import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { KernelName } from '../../shared/kernels/similarity/kernels.js';
import { BLOCK } from '../../shared/kernels/similarity/tile-plan.js';
import { npyHeader } from '../../shared/npy.js';
import { checkOptions } from '../../shared/options.js';
import { named, renameWhenFree, replaceFile } from '../files/atomic-write.js';
import { WINDOW_BLOCKS, WindowBuffers } from './dense-window.js';
import { openMatrixLog } from './matrix-log.js';
import { type EmbeddingsInput, type RowSet, rowSet } from './row-set.js';
import { WHOLE } from './similarity-identity.js';
import {
  type CheckpointOptions,
  checkpointOption,
  type SimilarityOptions,
  similarityOptions,
} from './similarity-options.js';
import { SimilarityRun } from './similarity-run.js';
import type { TileCheckpoint } from './tile-checkpoint.js';

const schema = z.object({ ...similarityOptions, ...checkpointOption });
const NOTHING = new Uint8Array();

/**
 * Writes the n × n similarities of all rows into a `.npy` file (float32), which may be larger than memory. The name
 * only ever stands for a complete file. What the values are: `computeSimilarityMatrix`.
 *
 * With a `checkpoint` the unfinished file stays beside the one to be, under a hidden name, and the checkpoint knows what
 * of it is done; both are gone when the file is complete. A call that goes on takes the kernel of the first.
 *
 * @throws MillraceError `MILLRACE_OUTPUT_FAILED` if the file can't be written; what `computeSimilarityMatrix` throws.
 * @example
 * await writeSimilarityMatrix(NpyFile.open('vectors.npy'), 'similarities.npy');
 */
export async function writeSimilarityMatrix(
  embeddings: EmbeddingsInput,
  path: string,
  options: SimilarityOptions & CheckpointOptions = {},
): Promise<void> {
  checkOptions('writeSimilarityMatrix', schema, options);
  const set = rowSet(embeddings);
  const { checkpoint } = options;
  if (checkpoint === undefined) {
    await replaceFile(path, (temporary) => fillFile(set, { path, temporary }, options));
  } else {
    await resumeFile(set, path, checkpoint, options);
  }
}

async function resumeFile(
  set: RowSet,
  path: string,
  checkpoint: string,
  options: SimilarityOptions,
): Promise<void> {
  const mode = { mode: 'matrix file', out: resolve(path) } as const;
  const isMark = ({ payload }: { payload: Uint8Array }) => payload.length === 0;
  const { log, kernel } = await openMatrixLog(checkpoint, set, mode, WHOLE, isMark, options);
  await using _log = log;
  const temporary = unfinishedPath(path, checkpoint);
  if (!(await hasSize(temporary, fileBytes(set.rows)))) {
    await log.restart();
    await rm(temporary, { force: true });
  }
  await fillFile(set, { path, temporary }, options, { log, kernel });
  await named(path, renameWhenFree(temporary, path));
  await log.remove();
}

/** Of each checkpoint its own. */
function unfinishedPath(path: string, checkpoint: string): string {
  const key = createHash('sha256').update(resolve(checkpoint)).digest('hex').slice(0, 12);
  return join(dirname(path), `.${basename(path)}.${key}.partial`);
}

async function hasSize(path: string, bytes: number): Promise<boolean> {
  return existsSync(path) && (await stat(path)).size === bytes;
}

function fileBytes(rows: number): number {
  return npyHeader(rows, rows).length + rows * rows * Float32Array.BYTES_PER_ELEMENT;
}

/** Writes the file window by window; with a log only those that are not in it as a whole. */
async function fillFile(
  set: RowSet,
  { path, temporary }: { path: string; temporary: string },
  options: SimilarityOptions,
  resumed?: { log: TileCheckpoint; kernel: KernelName },
): Promise<void> {
  const { rows } = set;
  const header = npyHeader(rows, rows);
  const windows = new WindowBuffers(rows);
  const created = await named(path, open(temporary, existsSync(temporary) ? 'r+' : 'wx'));
  const file = { path: temporary, dataOffset: header.length, columns: rows };
  try {
    await named(path, created.write(header, 0, header.length, 0));
    await named(path, created.truncate(fileBytes(rows)));
    using run = new SimilarityRun(set, undefined, options, {
      phase: (window) => ({ phase: 'dense', output: windows.enter(window) }),
      collect: () => {},
      maxPanelBlocks: WINDOW_BLOCKS,
      windowDone: async ({ tiles }) => {
        const output = windows.current;
        const longest = Math.max(output.rows, output.mirrored ? output.columns : 0);
        await run.divide({ phase: 'store', output, file }, Math.ceil(longest / BLOCK)).catch((error) => {
          options.signal?.throwIfAborted();
          return named(path, Promise.reject(error));
        });
        if (resumed) await markDone(tiles, resumed.log);
      },
      ...(resumed && { kernel: resumed.kernel, subset: wholeWindows(resumed.log) }),
    });
    await run.run();
    await named(path, created.sync());
  } finally {
    await created.close();
  }

  /** Only what is on disk is done. */
  async function markDone(tiles: readonly number[], log: TileCheckpoint): Promise<void> {
    await named(path, created.datasync());
    for (const tile of tiles) if (log.done.lacks(tile)) log.append(tile, NOTHING);
  }
}

/** A window is written as a whole, so it is computed as a whole. Windows depend on how much memory there is. */
function wholeWindows({ done }: TileCheckpoint) {
  return {
    tiles: done.total,
    left: (tiles: readonly number[]) => (tiles.some((tile) => done.lacks(tile)) ? tiles : []),
  };
}
