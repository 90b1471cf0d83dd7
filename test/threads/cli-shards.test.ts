import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mulberry32 } from '../../src/shared/random.js';
import { runCli } from '../helpers/run-cli.js';
import { randomMatrix } from '../helpers/similarity-oracle.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

let folder: string;
let vectors: string;

const SOAK = process.env.MILLRACE_SOAK === '1';
/** How often each command is killed before it may end. */
const KILLS = Number(process.env.MILLRACE_KILLS ?? (SOAK ? 30 : 3));
const [ROWS, COLUMNS] = [5000, 128];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-'));
  vectors = join(folder, 'vectors.npy');
  writeFileSync(vectors, randomMatrix(ROWS, COLUMNS, 1).toNpy());
});
afterAll(() => rm(folder, { recursive: true }));

const similarity = (...args: string[]) => ['similarity', vectors, '--quiet', ...args];
const sizeOf = (path: string) => (existsSync(path) ? statSync(path).size : 0);
const same = (a: string, b: string) => Buffer.compare(readFileSync(a), readFileSync(b)) === 0;
async function done(args: readonly string[]) {
  const result = await runCli(args);
  expect(result).toMatchObject({ code: 0 });
  return result;
}

describe('millrace merge', () => {
  it.each([
    ['pairs.csv', ['--top-k', '5']],
    ['pairs.csv', ['--threshold', '0.2', '--max-degree', '4']],
    ['matrix.npy', ['--dense', '--kernel', 'simd-float32']],
  ])('joins shards into the bytes of one run: %s %j', async (name, mode) => {
    const here = temporaryFolder();
    const [one, merged] = [join(here, name), join(here, `merged-${name}`)];
    const shards = [1, 2, 3].map((index) => join(here, `part-${index}.shard`));
    await done(similarity(...mode, '--out', one));
    for (const [at, out] of shards.entries()) {
      const { stdout } = await done(similarity(...mode, '--shard', `${at + 1}/3`, '--out', out, '--json'));
      expect(JSON.parse(stdout)).toMatchObject({ rows: ROWS, shard: `${at + 1}/3`, tiles: 77, out });
    }
    const { stdout } = await done(['merge', ...shards.reverse(), '--out', merged, '--json', '--quiet']);
    expect(JSON.parse(stdout)).toMatchObject({ rows: ROWS, columns: COLUMNS, shards: 3, out: merged });
    expect(same(one, merged)).toBe(true);
    expect(readdirSync(here)).toHaveLength(5);
  });

  it('refuses shards by name, with 1, and writes nothing', async () => {
    const here = temporaryFolder();
    const part = join(here, 'part-1.shard');
    await done(similarity('--top-k', '5', '--shard', '1/2', '--out', part));
    const out = join(here, 'pairs.csv');
    const alone = await runCli(['merge', part, '--out', out]);
    expect(alone).toMatchObject({ code: 1, stderr: 'millrace: of 2 shards 2 is missing\n' });
    const doubled = await runCli(['merge', part, part, '--out', out]);
    expect(doubled.stderr).toBe(`millrace: ${part}: shard 1 of 2 once more: it is in ${part}\n`);
    const foreign = await runCli(similarity('--top-k', '6', '--shard', '1/2', '--out', part));
    expect(foreign).toMatchObject({
      code: 1,
      stderr: `millrace: --top-k: 5 in ${part}, expected 6 for this run\n`,
    });
    expect(readdirSync(here)).toEqual(['part-1.shard']);
  });

  it.each([
    [['merge', '--out', 'x'], /missing required argument 'shards'/],
    [['merge', 'x.shard'], /required option '--out <file>' not specified/],
    [
      ['--top-k', '3', '--shard', '3/2', '--out', 'x'],
      /Expected a part and how many there are, such as 2\/4/,
    ],
    [['--top-k', '3', '--shard', '0/2', '--out', 'x'], /Expected a part/],
    [['--top-k', '3', '--shard', '1/2'], /--shard goes with --out/],
    [['--top-k', '3', '--shard', '1/2', '--out', 'x', '--checkpoint', 'y'], /a shard is its own checkpoint/],
  ])('exits with 2 for wrong usage: %j', async (args, message) => {
    const { code, stderr } = await runCli(args[0] === 'merge' ? args : similarity(...args));
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});

describe('a run that is killed', () => {
  /** Each kind of run, with the file by which it goes on, how large that gets, and what is left in the end. */
  const kinds: [string, string, string[]][] = [
    ['pairs.csv', 'run.log', ['--top-k', '10', '--checkpoint', 'run.log', '--out', 'pairs.csv']],
    ['part.shard', 'part.shard', ['--threshold', '0.2', '--shard', '1/1', '--out', 'part.shard']],
    [
      'matrix.npy',
      'run.log',
      ['--dense', '--kernel', 'simd-float32', '--checkpoint', 'run.log', '--out', 'matrix.npy'],
    ],
  ];

  it.each(kinds)(
    `goes on and gives the same bytes: %s, kill -9 at ${KILLS} random moments${SOAK ? ' (soak)' : ''}`,
    async (out, log, args) => {
      const [whole, here] = [temporaryFolder(), temporaryFolder()];
      const random = mulberry32(KILLS);
      // The size of the finished log tells where a kill comes in time.
      let full = 0;
      const look = () => {
        full = Math.max(full, sizeOf(join(whole, log)));
        return false;
      };
      const command = similarity(...args, '--threads', '1');
      const first = await runCli(command, { cwd: whole, kill: { signal: 'SIGKILL', when: look } });
      expect(first.code).toBe(0);
      const moments = Array.from({ length: KILLS }, () => random() * full).sort((a, b) => a - b);
      let kills = 0;
      for (const moment of moments) {
        const when = () => existsSync(join(here, log)) && sizeOf(join(here, log)) >= moment;
        const { code } = await runCli(command, { cwd: here, kill: { signal: 'SIGKILL', when } });
        if (code === null) kills++;
        else break;
      }
      expect(kills).toBeGreaterThan(0);
      expect(await runCli(command, { cwd: here })).toMatchObject({ code: 0 });
      if (out.endsWith('.shard')) {
        await done(['merge', join(whole, out), '--out', join(whole, 'merged'), '--quiet']);
        await done(['merge', join(here, out), '--out', join(here, 'merged'), '--quiet']);
        expect(same(join(here, 'merged'), join(whole, 'merged'))).toBe(true);
        return;
      }
      expect(same(join(here, out), join(whole, out))).toBe(true);
      expect(readdirSync(here)).toEqual([out]);
    },
  );

  it('by Ctrl-C leaves the checkpoint, and goes on where it was', async () => {
    const here = temporaryFolder();
    const args = ['similarity', vectors, '--top-k', '10', '--checkpoint', 'run.log', '--out', 'pairs.csv'];
    const when = () => sizeOf(join(here, 'run.log')) > 100_000;
    const stopped = await runCli(args, { cwd: here, kill: { signal: 'SIGINT', when } });
    expect(stopped).toMatchObject({ code: 130 });
    expect(readdirSync(here)).toEqual(['run.log']);
    const { code, stderr } = await runCli([...args, '--explain'], { cwd: here });
    expect(stderr).toMatch(/^run.log: [1-9]\d* of 231 tiles are done$/m);
    expect(code).toBe(0);
    expect(readdirSync(here)).toEqual(['pairs.csv']);
  });

  it('is not mixed up with one that still goes on: one process at a time has the checkpoint', async () => {
    const here = temporaryFolder();
    const args = similarity('--top-k', '10', '--checkpoint', 'run.log');
    const lock = join(here, 'run.log.lock');
    let second: ReturnType<typeof runCli> | undefined;
    const when = () => {
      // The first process stays stopped until the second has met its lock.
      if (sizeOf(lock) > 0) second = runCli(args, { cwd: here });
      return second !== undefined;
    };
    const first = runCli(args, { cwd: here, kill: { signal: 'SIGSTOP', when } });
    await expect.poll(() => second, { timeout: 30_000 }).toBeDefined();
    const refused = await second!;
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /^millrace: run.log: process (\d+) on \S+ is writing it; if .* delete run.log.lock\n$/,
    );
    const [, pid] = /process (\d+)/.exec(refused.stderr)!;
    process.kill(Number(pid), 'SIGCONT');
    const { code, stdout } = await first;
    expect(code).toBe(0);
    expect(stdout).toBe((await done(similarity('--top-k', '10'))).stdout);
    expect(readdirSync(here)).toEqual([]);
  });
});
