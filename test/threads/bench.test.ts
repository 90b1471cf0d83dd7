import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { compare } from '../../bench/compare.js';
import type { Row } from '../../bench/row.js';
import { denseDifference } from '../../bench/similarity-answers.js';
import { summariseSimilarity } from '../../bench/similarity-summary.js';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the benchmarks as a process of their own, without a Python and without native packages. */
async function bench(...args: string[]): Promise<Finished> {
  const env = {
    ...process.env,
    MILLRACE_PYTHON: 'no-such-python',
    MILLRACE_PEERS: join(root, 'no-such-peers'),
  };
  const running = execute(process.execPath, ['bench/build/run.js', ...args], { cwd: root, env });
  return running.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: Finished) => ({ code, stdout, stderr }),
  );
}

const anyRow = {
  suite: expect.any(String),
  case: expect.any(String),
  peer: expect.any(String),
  threads: expect.any(Number),
  node: process.versions.node,
  ours: expect.any(Number),
  theirs: expect.any(Number),
  unit: expect.any(String),
  better: expect.stringMatching(/^(lower|higher)$/),
  ratio: expect.any(Number),
  runs: 1,
};

describe('a comparison', () => {
  /** A side whose runs take what is said, in turn, and which notes each of them. */
  function side(name: string, answer: number, elapsedMs: readonly number[], log: string[]) {
    let run = 0;
    return async () => {
      log.push(name);
      return { elapsedMs: elapsedMs[run++]!, answer };
    };
  }
  const facts = { suite: 's', case: 'c', peer: 'p', threads: 1, runs: 3 };
  const difference = (ours: number, theirs: number) => (ours === theirs ? null : `${ours}, not ${theirs}`);

  it('warms up, takes turns, and gives medians, with a ratio above 1 where ours is faster', async () => {
    const log: string[] = [];
    const contest = {
      ...facts,
      ours: side('ours', 7, [400, 100, 9, 10, 1000], log),
      theirs: side('theirs', 7, [500, 30, 1, 20], log),
      difference,
    };
    expect(await compare({ ...contest, metric: 'ms' })).toMatchObject({
      ours: 10,
      theirs: 20,
      better: 'lower',
      ratio: 2,
      runs: 3,
    });
    const warmUp = ['ours', 'ours', 'theirs'];
    expect(log).toEqual([...warmUp, 'ours', 'theirs', 'theirs', 'ours', 'ours', 'theirs']);
  });

  it('turns times into rates, with a ratio above 1 where ours is faster', async () => {
    const ours = side('ours', 7, [500, 100, 100, 100], []);
    const theirs = side('theirs', 7, [500, 200, 200, 200], []);
    const metric = { unit: 'tasks/s', amount: 50 };
    expect(await compare({ ...facts, metric, ours, theirs, difference })).toMatchObject({
      ours: 500,
      theirs: 250,
      better: 'higher',
      ratio: 2,
    });
  });

  it('has no row if the answers differ', async () => {
    const ours = side('ours', 7, [500], []);
    const theirs = side('theirs', 8, [500], []);
    const metric = 'ms';
    expect(await compare({ ...facts, metric, ours, theirs, difference })).toEqual({
      suite: 's',
      case: 'c',
      peer: 'p',
      difference: '7, not 8',
    });
  });
});

describe('rows that lie apart', () => {
  const rowOf = (name: string, peer: string, threads: number, ours: number, theirs: number | null): Row => ({
    ...{ suite: 'similarity', case: name, peer, threads, node: '20.0.0', ours, theirs },
    ...{ unit: 'ms', better: 'lower', ratio: theirs === null ? null : theirs / ours, runs: 5 },
  });

  it('give means over the sizes, the faster BLAS of each size, the gain of threads, and the growth', () => {
    const lines = summariseSimilarity([
      rowOf('dense 1×1', 'openblas-ssyrk', 1, 10, 20),
      rowOf('dense 1×1', 'openblas-sgemm', 1, 10, 10),
      rowOf('dense 2×2', 'openblas-ssyrk', 1, 10, 80),
      rowOf('dense 2×2', 'openblas-sgemm', 1, 10, 160),
      rowOf('dense 2×2', 'onnxruntime', 1, 10, null),
      rowOf('dense 2×2', 'openblas-ssyrk', 2, 5, 40),
      ...[12, 9, 11].map((ours, at) => rowOf(`edges growth ${4096 * 2 ** at}×384`, 'none', 1, ours, null)),
    ]).map((line) => line.trim().replaceAll(/ +/g, ' '));
    expect(lines).toEqual([
      '',
      'geometric means over the sizes:',
      'dense openblas-ssyrk 1 thread 4.00× (1×1, 2×2)',
      'dense openblas-sgemm 1 thread 4.00× (1×1, 2×2)',
      'dense the faster of ssyrk and sgemm 1 thread 2.83× (1×1, 2×2)',
      'dense openblas-ssyrk 2 threads 8.00× (2×2)',
      '',
      'more threads against 1, ours:',
      'dense 2×2 2 threads 2.00×',
      '',
      'growth, time / n² from the least to the most:',
      'edges 1 thread ±10.0 % from 8192 rows on, ±14.3 % over all',
    ]);
  });

  it('are no rows if dense answers differ by more than 1e-5', () => {
    const [ours, near, far] = [0.5, 0.500_009, 0.500_02].map((value) => Float32Array.of(1, value));
    expect(denseDifference(ours!, near!)).toBeNull();
    expect(denseDifference(ours!, far!)).toContain('element 1');
    expect(denseDifference(ours!, ours!.subarray(1))).toContain('ours has 2 elements');
  });
});

describe('the benchmarks', () => {
  beforeAll(() =>
    execute(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'bench'], { cwd: root }),
  );

  it('print one JSON array of rows and nothing else with --json', async () => {
    const { code, stdout, stderr } = await bench(
      'pool',
      '--json',
      '--quick',
      '--runs',
      '1',
      '--threads',
      '1,2',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const rows = JSON.parse(stdout) as Row[];
    expect(rows).toEqual(rows.map(() => anyRow));
    expect(rows.map(({ threads, case: name, peer }) => [threads, name, peer])).toEqual(
      [1, 2].flatMap((threads) =>
        ['piscina', 'piscina-atomics-async'].flatMap((peer) => [
          [threads, 'trivial function', peer],
          [threads, 'CPU-bound function', peer],
        ]),
      ),
    );
    for (const { ours, theirs, better, ratio } of rows) {
      expect(better).toBe('higher');
      expect(ratio).toBeCloseTo(ours / theirs!, 10);
    }
  });

  it('have a row for a peer that is not there, with the reason', async () => {
    const args = ['--json', '--quick', '--runs', '1', '--threads', '2', '--sizes', '1100x64,96x80'];
    const { code, stdout } = await bench('similarity', ...args);
    expect(code).toBe(0);
    const [missing, naive] = [true, false].map((wanted) =>
      (JSON.parse(stdout) as Row[]).filter(({ theirs }) => (theirs === null) === wanted),
    );
    const row = { ...anyRow, better: 'lower', gflops: expect.any(Number) };
    const without = (name: string, peer: string, why: string) => ({
      ...row,
      ...{ case: name, peer, theirs: null, ratio: null, why: expect.stringContaining(why) },
    });
    expect(missing).toEqual([
      ...['1100×64', '96×80'].flatMap((size) => [
        without(`edges ${size}`, 'numpy-users', 'no-such-python: not found'),
        without(`edges ${size}`, 'numpy-expert', 'no-such-python: not found'),
        without(`top10 ${size}`, 'numpy-argpartition', 'no-such-python: not found'),
        without(`dense ${size}`, 'openblas-ssyrk', 'no-such-python: not found'),
        without(`dense ${size}`, 'openblas-sgemm', 'no-such-python: not found'),
        without(`top10 ${size}`, 'usearch-exact', "Cannot find module 'usearch'"),
        without(`dense ${size}`, 'onnxruntime', "Cannot find module 'onnxruntime-node'"),
      ]),
      without('edges 96×80', 'simsimd', "Cannot find module 'simsimd'"),
    ]);
    expect(naive).toEqual([
      { ...row, case: 'edges 96×80', peer: 'naive-js' },
      { ...row, case: 'top10 96×80', peer: 'naive-js' },
    ]);
    for (const { ours, theirs, ratio, gflops } of naive!) {
      expect(ratio).toBeCloseTo(theirs! / ours, 10);
      expect(gflops).toBeCloseTo((96 * 95 * 80) / ours / 1e6, 10);
    }
  });

  it('name the kernel that ours was told to take', async () => {
    const { stdout } = await bench('ingest', '--quick', '--runs', '1', '--kernel', 'some-kernel');
    expect(stdout.split('\n')[0]).toMatch(/, kernel some-kernel$/);
  });

  it('print a table for people, with a head and the machine above it', async () => {
    const { code, stdout } = await bench('ingest', '--quick', '--runs', '1');
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toContain(`Node ${process.versions.node}`);
    expect(lines.slice(1, 3)).toEqual(['', 'ingest']);
    expect(lines[3]).toMatch(/^ +case +peer +threads +ours +theirs +unit +ours is +runs$/);
    expect(lines[4]).toMatch(/^ +parse srt \(.*\) +subtitle +1 .*MB\/s \(higher is better\) +\d+\.\d\d× +1$/);
    const cases = lines.slice(4).map((line) => line.trim().split(/ {2,}/).slice(0, 2));
    const tokens = ['cl100k_base', 'o200k_base'].flatMap((name) => [
      [`tokens ${name}`, 'gpt-tokenizer'],
      [`tokens ${name}`, 'tiktoken-wasm'],
      [`tokens ${name}`, 'ai-tokenizer'],
      [`tokens estimate ${name}`, 'exact'],
    ]);
    expect(cases.filter(([name]) => /^tokens (?!.*pool)/.test(name!))).toEqual(tokens);
    const isMissing = (line: string) => /media-captions|ai-tokenizer/.test(line);
    for (const line of lines.slice(4).filter((row) => !isMissing(row)))
      expect(line).toMatch(/ \d+\.\d\d× +1$/);
    for (const line of lines.filter(isMissing)) expect(line).toMatch(/npm run bench:peers installs it/);
  });

  it.each([
    [['speed'], 'unknown suite "speed": expected similarity, ingest, flow, pool'],
    [['--fast'], "Unknown option '--fast'"],
    [['--threads', '1,many'], '--threads: expected a whole number from 1 to 1024, received "many"'],
    [['--sizes', '4096'], '--sizes: expected rows x columns like 4096x384, from 64 rows, received "4096"'],
    [['--node', 'newest'], '--node: expected versions like 22,24.9.0, received "newest"'],
    [['--quick', '--growth'], '--growth: takes minutes, so not with --quick'],
    [['--runs', '0'], '--runs: expected a whole number from 1 to 1000, received "0"'],
  ])('refuse %j with exit code 2, and say what was expected', async (args, message) => {
    const { code, stdout, stderr } = await bench(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('are run by npm scripts, for each number of threads asked for', async () => {
    const args = [
      'run',
      '--silent',
      'bench:pool',
      '--',
      '--threads',
      '1,2',
      '--quick',
      '--runs',
      '1',
      '--json',
    ];
    const { stdout } = await execute('npm', args, { cwd: root });
    const rows = JSON.parse(stdout) as Row[];
    expect(rows.filter(({ threads }) => threads === 1)).toHaveLength(rows.length / 2);
    expect(rows.filter(({ threads }) => threads === 2)).toHaveLength(rows.length / 2);
  });

  it('explain themselves with --help', async () => {
    const { code, stdout } = await bench('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('npm run bench:pool -- --threads 1,2');
  });
});
