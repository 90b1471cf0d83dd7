import { execFile } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { npyHeader } from '../../src/shared/npy.js';
import { mulberry32 } from '../../src/shared/random.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const SOAK = process.env.MILLRACE_SOAK === '1';
const SCRIPT = fileURLToPath(new URL('../fixtures/top-k-memory.js', import.meta.url));
const MIB = 2 ** 20;
const K = 10;
const SAMPLES = 10;
/** Rows, and the memory for panels, which is less than they take; with what the process may take in all. */
const [ROWS, COLUMNS, LIMIT, RESIDENT] = SOAK
  ? [200_000, 384, 768 * MIB, 2048 * MIB]
  : [16_000, 128, 8 * MIB, 256 * MIB];

function* randomBlocks(): Generator<Float32Array> {
  const random = mulberry32(1);
  for (let row = 0; row < ROWS; row += 1000) {
    yield Float32Array.from({ length: Math.min(1000, ROWS - row) * COLUMNS }, () => random() * 2 - 1);
  }
}

it(
  `finds the neighbours of ${ROWS} × ${COLUMNS} rows of a file within ${RESIDENT / MIB} MiB of resident memory${SOAK ? ' (soak)' : ''}`,
  async () => {
    const folder = temporaryFolder();
    const [path, out] = [join(folder, 'vectors.npy'), join(folder, 'indices.bin')];
    const file = openSync(path, 'w');
    writeSync(file, npyHeader(ROWS, COLUMNS));
    for (const block of randomBlocks()) writeSync(file, block);
    closeSync(file);
    const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, path, `${K}`, `${LIMIT}`, out]);
    if (SOAK) console.log(`peak: ${Math.round(Number(stdout) / MIB)} MiB`);
    expect(Number(stdout)).toBeLessThan(RESIDENT);
    const { buffer, byteOffset } = readFileSync(out);
    const indices = new Uint32Array(buffer, byteOffset, ROWS * K);
    const sampled = Array.from({ length: SAMPLES }, (_, at) => Math.floor((at * ROWS) / SAMPLES) + 7 * at);
    const all = new Float32Array(ROWS * COLUMNS);
    let end = 0;
    for (const block of randomBlocks()) {
      all.set(block, end);
      end += block.length;
    }
    for (const row of sampled) {
      expect([...indices.subarray(row * K, (row + 1) * K)]).toEqual(nearest(all, row));
    }
  },
  SOAK ? 3_600_000 : 120_000,
);

/** The nearest rows by the plainest float64 cosine. Rows are random: no two are equally near. */
function nearest(all: Float32Array, row: number): number[] {
  const cosines = new Float64Array(ROWS);
  for (let other = 0; other < ROWS; other++) {
    let [product, square] = [0, 0];
    for (let k = 0; k < COLUMNS; k++) {
      const value = all[other * COLUMNS + k]!;
      product += value * all[row * COLUMNS + k]!;
      square += value * value;
    }
    cosines[other] = product / Math.sqrt(square);
  }
  cosines[row] = Number.NEGATIVE_INFINITY;
  const order = Array.from({ length: ROWS }, (_, other) => other);
  return order.sort((a, b) => cosines[b]! - cosines[a]!).slice(0, K);
}
