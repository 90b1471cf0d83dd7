import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mulberry32 } from '../../src/shared/random.js';
import { SharedMatrix } from '../../src/shared/shared-matrix.js';
import { corpus, describeWithCorpora } from '../helpers/corpora.js';
import { runCli } from '../helpers/run-cli.js';

let folder: string;
let vectors: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-'));
  vectors = join(folder, 'vectors.npy');
  await writeFile(
    vectors,
    SharedMatrix.from([
      [1, 0],
      [0.6, 0.8],
      [0, 1],
      [1, 0],
    ]).toNpy(),
  );
});
afterAll(() => rm(folder, { recursive: true }));

describe('millrace similarity', () => {
  it('prints the pairs above a threshold as CSV, the summary beside them', async () => {
    const { code, stdout, stderr } = await runCli(['similarity', vectors, '--threshold', '0.5']);
    expect(stdout).toBe('source,target,similarity\n0,1,0.6\n0,3,1\n1,2,0.8\n1,3,0.6\n');
    expect(stderr).toMatch(/4 × 2: 4 pairs in \d+ ms on \d+ threads/);
    expect(code).toBe(0);
  });

  it('prints the nearest neighbours of each row, best first', async () => {
    const { code, stdout } = await runCli(['similarity', vectors, '--top-k', '2', '--threads', '1']);
    expect(stdout.split('\n')).toEqual([
      'source,target,similarity',
      '0,3,1',
      '0,1,0.6',
      '1,2,0.8',
      '1,0,0.6',
      '2,1,0.8',
      '2,0,0',
      '3,0,1',
      '3,1,0.6',
      '',
    ]);
    expect(code).toBe(0);
  });

  it('knows other metrics', async () => {
    const args = ['similarity', vectors, '--quiet', '--metric'];
    const distances = await runCli([...args, 'euclidean', '--threshold', '0.9']);
    expect(distances.stdout).toBe(
      'source,target,similarity\n0,1,0.8944272\n0,3,0\n1,2,0.6324555\n1,3,0.8944272\n',
    );
    const products = await runCli([...args, 'dot', '--top-k', '1']);
    expect(products.stdout).toBe('source,target,similarity\n0,3,1\n1,2,0.8\n2,1,0.8\n3,0,1\n');
  });

  it('gives the same bytes for every kernel and memory limit, and explains which runs', async () => {
    const file = join(folder, 'random.npy');
    const random = mulberry32(2);
    const numbers = Float32Array.from({ length: 900 * 50 }, () => random() - 0.5);
    await writeFile(file, SharedMatrix.fromFlat(numbers, 50).toNpy());
    const args = ['similarity', file, '--top-k', '5', '--threads', '2'];
    const plain = await runCli(args);
    const other = await runCli([...args, '--kernel', 'simd-float32', '--memory-limit', '2.5M', '--explain']);
    expect(other.stdout).toBe(plain.stdout);
    expect(other.stderr).toMatch(/^simd-float32: can run/m);
    expect(other.stderr).toMatch(/^simd-float32 runs: there is no other/m);
    const explained = await runCli([...args, '--explain']);
    expect(explained.stderr).toMatch(/^wide-float32: can't run, it needs V8’s experimental flags/m);
    expect(explained.stderr).toMatch(/^\w+-\w+ runs: it should take the least time for a pair/m);
    const tight = await runCli([...args, '--memory-limit', '10K']);
    expect([tight.code, tight.stderr]).toEqual([
      2,
      expect.stringMatching(/--memory-limit: .*need at least \d+/),
    ]);
  });

  it('writes a file, and tells programs about it', async () => {
    const out = join(folder, 'pairs.csv');
    const { code, stdout, stderr } = await runCli([
      'similarity',
      vectors,
      '--threshold',
      '0.9',
      '--out',
      out,
      '--json',
      '--quiet',
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 4, columns: 2, pairs: 1, out });
    expect(await readFile(out, 'utf8')).toBe('source,target,similarity\n0,3,1\n');
    expect([code, stderr]).toEqual([0, '']);
  });

  it.each([
    [['--threshold', '1.5'], /--threshold: expected a number from -1 to 1, received 1.5/],
    [['--top-k', '0'], /Expected a whole number from 1/],
    [[], /expected one of --threshold, --top-k and --dense, received none/],
    [['--threshold', '0.5', '--top-k', '3'], /--threshold, --top-k and --dense, received 2/],
    [['--dense'], /--dense goes with --out/],
    [['--top-k', '3', '--memory-limit', '3X'], /Expected bytes, such as 1500000, 800M or 2G/],
    [['--top-k', '3', '--kernel', 'fast'], /Allowed choices are auto, experimental, simd-float32/],
    [['--top-k', '3', '--max-degree', '3'], /--max-degree goes with --threshold/],
    [['--threshold', '0.5', '--threads', 'many'], /Expected a whole number from 1/],
    [['--threshold', '0.5', '--no-such-option'], /unknown option/],
  ])('exits with 2 for wrong usage: %s', async (args, message) => {
    const { code, stderr } = await runCli(['similarity', vectors, ...args]);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  it('exits with 1 for what it can’t read, naming file and reason', async () => {
    const absent = await runCli(['similarity', join(folder, 'absent.npy'), '--top-k', '1']);
    expect(absent.stderr).toMatch(/absent\.npy: ENOENT/);
    const broken = join(folder, 'broken.npy');
    await writeFile(broken, 'no vectors');
    const wrong = await runCli(['similarity', broken, '--top-k', '1']);
    expect(wrong.stderr).toMatch(/broken\.npy: not a \.npy file/);
    expect([absent.code, wrong.code]).toEqual([1, 1]);
  });

  it('stops at Ctrl-C with 130 and leaves no partial file', async () => {
    const many = join(folder, 'many.npy');
    const random = mulberry32(1);
    await writeFile(
      many,
      SharedMatrix.fromFlat(
        Float32Array.from({ length: 12_000 * 512 }, () => random() - 0.5),
        512,
      ).toNpy(),
    );
    const outFolder = await mkdtemp(join(folder, 'out-'));
    const args = ['similarity', many, '--top-k', '5', '--out', join(outFolder, 'pairs.csv')];
    const { code, stderr } = await runCli(args, { kill: { signal: 'SIGINT', when: 'similarity: ' } });
    expect(stderr).toContain('stopped by SIGINT');
    expect(code).toBe(130);
    expect(await readdir(outFolder)).toEqual([]);
  });
});

describe('millrace', () => {
  it('shows help with examples, for all and for each command', async () => {
    for (const args of [['--help'], ['graph', '--help'], ['similarity', '--help'], ['merge', '--help']]) {
      const { code, stdout } = await runCli(args);
      expect(stdout).toMatch(/Usage: millrace[\s\S]*Examples:\n {2}millrace /);
      expect(code).toBe(0);
    }
  });

  it('exits with 2 for an unknown command and for none', async () => {
    expect(await runCli(['polish'])).toMatchObject({ code: 2, stderr: expect.stringContaining('polish') });
    expect(await runCli([])).toMatchObject({ code: 2 });
  });

  it('tells its version', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await runCli(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });

  it('loads nothing but commander for --help', async () => {
    const loader = join(folder, 'list-modules.mjs');
    await writeFile(
      loader,
      `import { register } from 'node:module';
       register('data:text/javascript,' + encodeURIComponent(\`
         import { writeSync } from 'node:fs';
         export async function resolve(specifier, context, next) {
           if (!specifier.startsWith('.') && !specifier.startsWith('/') && !specifier.startsWith('file:')) writeSync(2, 'module ' + specifier + '\\\\n');
           return next(specifier, context);
         }\`), import.meta.url);`,
    );
    const { stderr } = await runCli(['--help'], { env: { NODE_OPTIONS: `--import ${loader}` } });
    const modules = [...stderr.matchAll(/^module (\S+)$/gm)].map(([, name]) => name!);
    expect([...new Set(modules.filter((name) => !name.startsWith('node:')))]).toEqual(['commander']);
  });
});

describeWithCorpora('millrace similarity on real MiniLM vectors', () => {
  const real = corpus('embeddings', 'fiori-minilm-384', 'vectors.npy');

  it('finds 107 pairs at 0.9', async () => {
    const { stdout } = await runCli(['similarity', real, '--threshold', '0.9']);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1 + 107);
  });

  it('finds the known ten nearest neighbours', async () => {
    const { stdout } = await runCli(['similarity', real, '--top-k', '10']);
    const truth = JSON.parse(
      await readFile(corpus('embeddings', 'fiori-minilm-384', 'top10-float64.json'), 'utf8'),
    );
    const rows = stdout
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',').map(Number));
    expect(rows.map(([source, target]) => [source, target])).toEqual(
      truth.top10.flatMap((row: [number, number][], i: number) => row.map(([j]) => [i, j])),
    );
  });
});
