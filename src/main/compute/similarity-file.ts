import { open } from 'node:fs/promises';
import { z } from 'zod';
import type { DenseWindow } from '../../shared/kernels/similarity/job.js';
import { BLOCK } from '../../shared/kernels/similarity/tile-plan.js';
import { npyHeader } from '../../shared/npy.js';
import { checkOptions } from '../../shared/options.js';
import { named, replaceFile } from '../graph/atomic-write.js';
import { type EmbeddingsInput, rowSet } from './row-set.js';
import { type SimilarityOptions, similarityOptions } from './similarity-options.js';
import { SimilarityRun } from './similarity-run.js';
import { panelRows, type TileWindow } from './tile-windows.js';

/** Blocks of rows on a side of what is written at once: rows of 17 KiB, and 71 MiB in memory, twice. */
const WINDOW_BLOCKS = 18;

const schema = z.object(similarityOptions);

/**
 * Writes the n × n similarities of all rows into a `.npy` file (float32), which may be larger than memory. The name
 * only ever stands for a complete file. What the values are: `computeSimilarityMatrix`.
 *
 * @throws MillraceError `MILLRACE_OUTPUT_FAILED` if the file can't be written; what `computeSimilarityMatrix` throws.
 * @example
 * await writeSimilarityMatrix(NpyFile.open('vectors.npy'), 'similarities.npy');
 */
export async function writeSimilarityMatrix(
  embeddings: EmbeddingsInput,
  path: string,
  options: SimilarityOptions = {},
): Promise<void> {
  checkOptions('writeSimilarityMatrix', schema, options);
  const set = rowSet(embeddings);
  const { rows } = set;
  const header = npyHeader(rows, rows);
  const windows = new WindowBuffers(rows);
  await replaceFile(path, async (temporary) => {
    const created = await named(path, open(temporary, 'wx'));
    const file = { path: temporary, dataOffset: header.length, columns: rows };
    try {
      await named(path, created.write(header));
      await named(path, created.truncate(header.length + rows * rows * Float32Array.BYTES_PER_ELEMENT));
      using run = new SimilarityRun(set, undefined, options, {
        phase: (window) => ({ phase: 'dense', output: windows.enter(window) }),
        collect: () => {},
        maxPanelBlocks: WINDOW_BLOCKS,
        windowDone: async () => {
          const output = windows.current;
          const longest = Math.max(output.rows, output.mirrored ? output.columns : 0);
          await run.divide({ phase: 'store', output, file }, Math.ceil(longest / BLOCK)).catch((error) => {
            options.signal?.throwIfAborted();
            return named(path, Promise.reject(error));
          });
        },
      });
      await run.run();
      await named(path, created.sync());
    } finally {
      await created.close();
    }
  });
}

/** The shared memory of one window, used again by the next. */
class WindowBuffers {
  current!: DenseWindow;
  private readonly scores: SharedArrayBuffer;
  private readonly mirrored: SharedArrayBuffer;

  constructor(private readonly rows: number) {
    const side = Math.min(rows, WINDOW_BLOCKS * BLOCK);
    const bytes = side * side * Float32Array.BYTES_PER_ELEMENT;
    this.scores = new SharedArrayBuffer(bytes);
    this.mirrored = new SharedArrayBuffer(side < rows ? bytes : 0);
  }

  enter({ left, right }: TileWindow): DenseWindow {
    const isOnDiagonal = left.firstBlock === right.firstBlock;
    this.current = {
      firstRow: left.firstBlock * BLOCK,
      firstColumn: right.firstBlock * BLOCK,
      rows: panelRows(this.rows, left),
      columns: panelRows(this.rows, right),
      scores: this.scores,
      ...(!isOnDiagonal && { mirrored: this.mirrored }),
    };
    return this.current;
  }
}
