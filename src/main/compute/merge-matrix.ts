import { type FileHandle, open } from 'node:fs/promises';
import { errorMessage, MillraceError } from '../../shared/errors.js';
import {
  BLOCK,
  blockCount,
  rowsInBlock,
  type TileGrid,
  tileNumber,
} from '../../shared/kernels/similarity/tile-plan.js';
import { npyHeader } from '../../shared/npy.js';
import { writeFileAtomically } from '../files/atomic-write.js';
import { tileShape } from './dense-window.js';

/** A file with tiles of scores, and at which byte each begins. */
export interface MatrixPart {
  readonly path: string;
  readonly places: ReadonlyMap<number, number>;
}

/** Writes the matrix from front to back. A block of rows is in memory at a time: 960 n bytes. */
export async function writeMergedMatrix(
  path: string,
  grid: TileGrid,
  parts: readonly MatrixPart[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const tiles = new Map<number, { file: FileHandle; part: MatrixPart }>();
  const files: FileHandle[] = [];
  try {
    for (const part of parts) {
      const file = await open(part.path, 'r').catch(unreadable(part.path));
      files.push(file);
      for (const tile of part.places.keys()) tiles.set(tile, { file, part });
    }
    await writeFileAtomically(path, content(), { ...(signal && { signal }) });
  } finally {
    for (const file of files) await file.close();
  }

  async function* content(): AsyncIterable<Uint8Array> {
    yield npyHeader(grid.rows, grid.columns);
    for (let block = 0; block < blockCount(grid.rows); block++) {
      const rows = new Float32Array(rowsInBlock(grid.rows, block) * grid.columns);
      for (let other = 0; other < blockCount(grid.columns); other++) {
        signal?.throwIfAborted();
        const isMirrored = other < block;
        const place = isMirrored
          ? { blockRow: other, blockColumn: block }
          : { blockRow: block, blockColumn: other };
        const tile = tileNumber(grid, place);
        const scores = await readTile(tile);
        const { height, width } = tileShape(grid, tile);
        const to = rows.subarray(other * BLOCK);
        if (isMirrored) putTransposed(scores, height, width, to, grid.columns);
        else put(scores, height, width, to, grid.columns);
      }
      yield new Uint8Array(rows.buffer);
    }
  }

  async function readTile(tile: number): Promise<Float32Array> {
    const { file, part } = tiles.get(tile)!;
    const { height, width } = tileShape(grid, tile);
    const bytes = new Uint8Array(height * width * Float32Array.BYTES_PER_ELEMENT);
    const start = part.places.get(tile)!;
    const { bytesRead } = await file.read(bytes, 0, bytes.length, start).catch(unreadable(part.path));
    if (bytesRead === bytes.length) return new Float32Array(bytes.buffer);
    throw new MillraceError('MILLRACE_UNREADABLE_INPUT', `${part.path}: it became shorter while it was read`);
  }
}

function unreadable(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new MillraceError('MILLRACE_UNREADABLE_INPUT', `${path}: ${errorMessage(cause)}`, { cause });
  };
}

function put(scores: Float32Array, height: number, width: number, to: Float32Array, stride: number): void {
  for (let row = 0; row < height; row++) {
    to.set(scores.subarray(row * width, (row + 1) * width), row * stride);
  }
}

function putTransposed(
  scores: Float32Array,
  height: number,
  width: number,
  to: Float32Array,
  stride: number,
): void {
  for (let column = 0; column < width; column++) {
    for (let row = 0; row < height; row++) to[column * stride + row] = scores[row * width + column]!;
  }
}
