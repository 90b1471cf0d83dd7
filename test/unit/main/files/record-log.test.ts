import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SimilarityIdentity } from '../../../../src/main/compute/similarity-identity.js';
import { TileCheckpoint } from '../../../../src/main/compute/tile-checkpoint.js';
import {
  createLog,
  RecordLogWriter,
  readLogHeader,
  readRecords,
} from '../../../../src/main/files/record-log.js';
import { BLOCK } from '../../../../src/shared/kernels/similarity/tile-plan.js';
import { temporaryFolder } from '../../../helpers/temporary-folder.js';

type Record = [tile: number, payload: string];

async function readAll(path: string, from: number): Promise<Record[]> {
  const found: Record[] = [];
  for await (const { tile, payload } of readRecords(path, from, undefined))
    found.push([tile, payload.toString('latin1')]);
  return found;
}

/** 4 blocks of rows, 10 tiles. */
const identity: SimilarityIdentity = {
  mode: 'edges',
  metric: 'cosine',
  threshold: 0.5,
  rows: 4 * BLOCK,
  columns: 3,
  numbersSha256: '0',
  shard: 1,
  shards: 1,
};

/** The same log each time. */
const written: Record[] = [
  [3, 'three'],
  [0, ''],
  [9, 'nine'],
  [5, 'a longer payload, with 40 bytes in all..'],
  [1, 'x'],
];

async function open(path: string) {
  const replayed: Record[] = [];
  const log = await TileCheckpoint.open({
    path,
    identify: () => identity,
    replay: ({ tile, payload }) => replayed.push([tile, payload.toString('latin1')]) > 0,
    signal: undefined,
    explain: undefined,
  });
  return { log, replayed };
}

async function add(path: string, records: readonly Record[]): Promise<void> {
  const { log } = await open(path);
  for (const [tile, payload] of records) log.append(tile, Buffer.from(payload, 'latin1'));
  await log[Symbol.asyncDispose]();
}

/** The bytes of the log, where its records begin, and the byte behind each. */
async function smallLog(path: string) {
  await add(path, written);
  const bytes = readFileSync(path);
  const { end: start } = (await readLogHeader(path))!;
  const ends: number[] = [];
  for await (const { end } of readRecords(path, start, undefined)) ends.push(end);
  return { bytes, start, ends };
}

describe('a log of tiles', () => {
  it('gives back what was appended, over several openings, whatever the sizes', async () => {
    const record = fc.tuple(fc.nat(2 ** 32 - 1), fc.uint8Array({ maxLength: 300 }), fc.nat(1000));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(record, { maxLength: 5 }), { maxLength: 4 }), async (openings) => {
        const path = join(temporaryFolder(), 'log');
        const start = await createLog(path, identity);
        const expected: Record[] = [];
        let end = start;
        for (const records of openings) {
          await using writer = await RecordLogWriter.open(path, end);
          for (const [tile, piece, times] of records) {
            const payload = Buffer.concat(new Array(times).fill(piece));
            writer.append(tile, payload);
            expected.push([tile, payload.toString('latin1')]);
            end += 12 + payload.length;
          }
        }
        expect(await readLogHeader(path)).toEqual({ header: identity, end: start });
        expect(await readAll(path, start)).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  it('that is cut off at any byte has the whole records before it, and is made good by the rest', async () => {
    const path = join(temporaryFolder(), 'log');
    const { bytes, start, ends } = await smallLog(path);
    expect(ends.at(-1)).toBe(bytes.length);
    for (let length = start; length <= bytes.length; length++) {
      writeFileSync(path, bytes.subarray(0, length));
      const whole = ends.filter((end) => end <= length).length;
      const { log, replayed } = await open(path);
      expect(replayed).toEqual(written.slice(0, whole));
      expect([log.done.count, log.done.total]).toEqual([whole, 10]);
      await log[Symbol.asyncDispose]();
      await add(path, written.slice(whole));
      expect(Buffer.compare(readFileSync(path), bytes)).toBe(0);
    }
  });

  it('with any byte flipped has the records before it, and is made good by the rest', async () => {
    const path = join(temporaryFolder(), 'log');
    const { bytes, start, ends } = await smallLog(path);
    for (let at = start; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 1 << (at % 8);
      writeFileSync(path, damaged);
      const whole = ends.filter((end) => end <= at).length;
      const { log, replayed } = await open(path);
      expect({ at, replayed }).toEqual({ at, replayed: written.slice(0, whole) });
      await log[Symbol.asyncDispose]();
      await add(path, written.slice(whole));
      expect(Buffer.compare(readFileSync(path), bytes)).toBe(0);
    }
  });

  it('whose header is cut or damaged anywhere is refused by name, and left as it is', async () => {
    const path = join(temporaryFolder(), 'log');
    const { bytes, start } = await smallLog(path);
    for (let at = 0; at < start; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 1 << (at % 8);
      const broken = at === 0 ? [damaged] : [damaged, bytes.subarray(0, at)];
      for (const content of broken) {
        writeFileSync(path, content);
        await expect(open(path)).rejects.toMatchObject({
          code: 'MILLRACE_INVALID_INPUT',
          message: expect.stringMatching(/log: (the header|no log|a log of format)/),
        });
        expect(Buffer.compare(readFileSync(path), content)).toBe(0);
      }
    }
  });

  it('is begun where there is no file, or an empty one', async () => {
    const path = join(temporaryFolder(), 'log');
    writeFileSync(path, '');
    await add(path, written);
    expect((await open(path)).replayed).toEqual(written);
  });

  it.each([
    ['that is no tile of its shard', [[10, 'ten']]],
    ['that is there twice', [[3, 'again']]],
  ] satisfies [string, Record[]][])('ends before a record %s', async (_name, more) => {
    const path = join(temporaryFolder(), 'log');
    const { bytes } = await smallLog(path);
    await using writer = await RecordLogWriter.open(path, bytes.length);
    for (const [tile, payload] of more) writer.append(tile, Buffer.from(payload));
    await writer.sync();
    const { log, replayed } = await open(path);
    expect(replayed).toEqual(written);
    await log[Symbol.asyncDispose]();
    expect(readFileSync(path).length).toBe(bytes.length);
  });

  it('of another format is refused', async () => {
    const path = join(temporaryFolder(), 'log');
    writeFileSync(path, 'millrace log 2\nand what that may be');
    await expect(open(path)).rejects.toThrow(`${path}: a log of format 2, expected 1`);
  });

  it('that is a folder is refused by name', async () => {
    const folder = temporaryFolder();
    await expect(open(folder)).rejects.toMatchObject({
      code: 'MILLRACE_UNREADABLE_INPUT',
      message: expect.stringContaining(folder),
    });
  });
});
