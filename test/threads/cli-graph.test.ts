import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SharedMatrix } from '../../src/shared/shared-matrix.js';
import type { Chunk } from '../../src/shared/transcript.js';
import { corpus, describeWithCorpora } from '../helpers/corpora.js';
import { runCli } from '../helpers/run-cli.js';

const samples = fileURLToPath(new URL('../../samples', import.meta.url));
const OUTPUTS = [
  'chunks.jsonl',
  'edges.csv',
  'embeddings.npy',
  'graph.graphml',
  'report.html',
  'summary.json',
];
const TIMELESS = OUTPUTS.filter((name) => name !== 'report.html');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-'));
});
afterAll(() => rm(folder, { recursive: true }));

const bytesOf = (out: string) => Promise.all(TIMELESS.map((name) => readFile(join(out, name), 'base64')));
const linesOf = async (path: string) => (await readFile(path, 'utf8')).trimEnd().split('\n');
const chunksOf = async (out: string) =>
  (await linesOf(join(out, 'chunks.jsonl'))).map((line) => JSON.parse(line) as Chunk);
const summaryOf = async (out: string) => JSON.parse(await readFile(join(out, 'summary.json'), 'utf8'));

describe('millrace graph on the samples', () => {
  let out: string;
  let stdout: string;

  beforeAll(async () => {
    out = join(folder, 'samples-out');
    const result = await runCli(['graph', samples, '--out', out]);
    expect({ ...result, stdout: '' }).toMatchObject({ code: 0 });
    stdout = result.stdout;
  });

  it('writes the six files and says what is in them', async () => {
    expect((await readdir(out)).sort()).toEqual(OUTPUTS);
    expect(stdout).toMatch(/20 files, \d+ chunks, \d+ tokens, \d+ warnings/);
    for (const name of OUTPUTS) expect(stdout).toContain(join(out, name));
  });

  it('keeps each chunk within its tokens, in order, with its place', async () => {
    const chunks = await chunksOf(out);
    expect(Object.keys(chunks[0]!)).toEqual([
      'id',
      'source',
      'index',
      'startMs',
      'endMs',
      'speaker',
      'text',
      'tokens',
      'startByte',
      'endByte',
      'previous',
      'next',
    ]);
    expect(new Set(chunks.map(({ source }) => source)).size).toBe(20);
    for (const { tokens, text, startMs, endMs, source } of chunks) {
      expect(tokens).toBeLessThanOrEqual(512);
      expect(text.trim()).not.toBe('');
      if (source.endsWith('.txt')) expect([startMs, endMs]).toEqual([null, null]);
      else expect(endMs!).toBeGreaterThan(startMs!);
    }
    const places = chunks.map(({ source, index }) => `${source} ${String(index).padStart(4, '0')}`);
    expect(places).toEqual([...places].sort());
  });

  it('joins chunks by ids that are there, each pair once, sorted', async () => {
    const ids = new Map((await chunksOf(out)).map(({ id }, i) => [id, i]));
    const [header, ...rows] = await linesOf(join(out, 'edges.csv'));
    expect(header).toBe('source,target,similarity');
    const pairs = rows.map((row) => row.split(','));
    for (const [source, target, similarity] of pairs) {
      expect(ids.get(source!)!).toBeLessThan(ids.get(target!)!);
      expect(Math.abs(Number(similarity))).toBeLessThanOrEqual(1);
    }
    expect([...rows].sort()).toEqual(rows);
    expect(new Set(rows).size).toBe((await summaryOf(out)).edges);
  });

  it('finds the five topics as communities, and the near-duplicates as the most similar pair', async () => {
    const { communities } = await summaryOf(out);
    const graph = await readFile(join(out, 'graph.graphml'), 'utf8');
    const topics = new Map<string, Set<string>>();
    for (const [, source, community] of graph.matchAll(
      /<data key="source">([^<]*)<.*?<data key="community">(\d+)</g,
    )) {
      const topic = source!.split('/')[0]!;
      topics.set(topic, (topics.get(topic) ?? new Set()).add(community!));
    }
    expect(communities).toHaveLength(5);
    expect([...topics].map(([topic, found]) => [topic, found.size])).toEqual(
      ['bees', 'bread', 'orbits', 'rivers', 'watermills'].map((topic) => [topic, 1]),
    );
    const edges = (await linesOf(join(out, 'edges.csv'))).slice(1).map((row) => row.split(','));
    const [source, target] = edges.sort((a, b) => Number(b[2]) - Number(a[2]))[0]!;
    expect([source, target].map((id) => id!.split('#')[0])).toEqual([
      'bees/02-winter-cluster.vtt',
      'bees/03-winter-cluster-repeat.srt',
    ]);
  });

  it('has the same bytes on every run and for every number of threads, but for the report', async () => {
    const again = join(folder, 'samples-again');
    await runCli(['graph', samples, '--out', again, '--threads', '1', '--quiet']);
    const more = join(folder, 'samples-more');
    await runCli(['graph', samples, '--out', more, '--threads', '5', '--quiet']);
    expect(await bytesOf(again)).toEqual(await bytesOf(out));
    expect(await bytesOf(more)).toEqual(await bytesOf(out));
  });

  it('takes its own chunks back, and vectors with them', async () => {
    const chunks = join(out, 'chunks.jsonl');
    const own = join(folder, 'own-vectors');
    const lexical = join(folder, 'lexical');
    await runCli(['graph', chunks, '--embeddings', join(out, 'embeddings.npy'), '--out', own, '--quiet']);
    await runCli(['graph', chunks, '--out', lexical, '--quiet']);
    for (const again of [own, lexical]) {
      for (const name of ['chunks.jsonl', 'embeddings.npy', 'edges.csv', 'graph.graphml']) {
        expect(await readFile(join(again, name))).toEqual(await readFile(join(out, name)));
      }
    }
  });

  it('refuses vectors that don’t belong to the chunks, naming both counts', async () => {
    const vectors = join(folder, 'three.npy');
    await writeFile(vectors, SharedMatrix.from([[1], [2], [3]]).toNpy());
    const chunks = join(out, 'chunks.jsonl');
    const { code, stderr } = await runCli([
      'graph',
      chunks,
      '--embeddings',
      vectors,
      '--out',
      join(folder, 'no'),
    ]);
    expect(stderr).toMatch(/three\.npy has 3 rows and .*chunks\.jsonl has \d+ chunks/);
    expect(code).toBe(1);
  });

  it('names file and line of a broken chunk', async () => {
    const broken = join(folder, 'broken.jsonl');
    const [line] = await linesOf(join(out, 'chunks.jsonl'));
    await writeFile(broken, `${line}\n{"id": 7}\n`);
    const { code, stderr } = await runCli(['graph', broken, '--out', join(folder, 'no')]);
    expect(stderr).toMatch(/broken\.jsonl.*line 2/);
    expect(code).toBe(1);
  });

  it('tells programs everything in one object', async () => {
    const json = join(folder, 'json');
    const { stdout: text } = await runCli([
      'graph',
      join(samples, 'bees'),
      '--out',
      json,
      '--json',
      '--threshold',
      '0.2',
    ]);
    const result = JSON.parse(text);
    expect(result).toMatchObject({ files: 4, options: { threshold: 0.2, topK: null }, failures: [] });
    expect(result.stages.map(({ name }: { name: string }) => name)).toContain('parse');
    expect(result.outputs).toHaveLength(6);
    const similarities = (await linesOf(join(json, 'edges.csv')))
      .slice(1)
      .map((row) => Number(row.split(',')[2]));
    expect(Math.min(...similarities)).toBeGreaterThanOrEqual(0.2);
  });
});

describe('millrace graph on bad inputs', () => {
  let inputs: string;
  beforeAll(async () => {
    inputs = join(folder, 'inputs');
    await mkdir(inputs);
    await cp(join(samples, 'bread'), inputs, { recursive: true });
    await writeFile(join(inputs, 'empty.srt'), '');
    await writeFile(join(inputs, 'blank.txt'), '\n \n');
    await writeFile(
      join(inputs, 'picture.vtt'),
      Uint8Array.from({ length: 2000 }, (_, i) => (i * 7) % 256),
    );
    await writeFile(join(inputs, 'latin1.txt'), Buffer.from('caf\xe9 au lait\n', 'latin1'));
    await writeFile(
      join(inputs, 'really-sbv.srt'),
      '0:00:01.000,0:00:02.500\nA line of SBV.\n\n0:00:03.000,0:00:04.000\nAnother one.\n',
    );
  });

  it('reports each with its reason, does the rest, and exits with 3', async () => {
    const out = join(folder, 'bad-out');
    const { code, stderr } = await runCli(['graph', inputs, join(folder, 'absent.srt'), '--out', out]);
    expect(code).toBe(3);
    const { failures, files, inputs: read } = await summaryOf(out);
    const reasons = Object.fromEntries(
      failures.map(({ source, reason }: { source: string; reason: string }) => [source, reason]),
    );
    expect(Object.keys(reasons)).toHaveLength(4);
    expect(reasons['empty.srt']).toMatch(/empty/);
    expect(reasons['blank.txt']).toMatch(/no (cue|text)|empty/);
    expect(reasons['picture.vtt']).toMatch(/binary|NUL/);
    expect(Object.entries(reasons).find(([source]) => source.endsWith('absent.srt'))![1]).toMatch(
      /no such file|ENOENT/,
    );
    for (const source of Object.keys(reasons)) expect(stderr).toContain(`failed: ${source}: `);
    expect(files).toBe(6);
    expect(read.find(({ source }: { source: string }) => source === 'latin1.txt')).toMatchObject({
      encoding: 'windows-1252',
      warnings: [{ line: 1, message: expect.stringMatching(/guess/) }],
    });
    expect(read.find(({ source }: { source: string }) => source === 'really-sbv.srt')).toMatchObject({
      format: 'sbv',
      cues: 2,
    });
  });

  it('exits with 1 where nothing could be done, with every reason, and writes nothing', async () => {
    const out = join(folder, 'nothing-out');
    const { code, stderr } = await runCli([
      'graph',
      join(inputs, 'empty.srt'),
      join(folder, 'absent/*.srt'),
      '--out',
      out,
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /nothing to compare[\s\S]*absent\/\*\.srt: no file matches\n {2}empty\.srt: the file is empty/,
    );
    await expect(readdir(out)).rejects.toThrow('ENOENT');
  });

  it.each([
    [[], /no inputs: expected some, or --mongo/],
    [['x', '--chunk-tokens', '3'], /Expected a whole number from 8/],
    [
      ['x', '--chunk-tokens', '100', '--chunk-overlap', '60'],
      /--chunk-overlap: expected less than half of the tokens of a chunk \(100\), received 60/,
    ],
    [['x', '--tokenizer', 'p50k_base'], /Allowed choices are cl100k_base, o200k_base/],
    [['x.srt', 'made/chunks.jsonl'], /made\/chunks\.jsonl: chunks made before have to be the only input/],
    [['x.srt', '--embeddings', 'v.npy'], /--embeddings goes with one chunks\.jsonl/],
  ])('exits with 2 for wrong usage: %s', async (args, message) => {
    const { code, stderr } = await runCli(['graph', ...args]);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  it('never reads its own outputs', async () => {
    const talks = join(folder, 'own');
    await cp(join(samples, 'bees'), talks, { recursive: true });
    const args = ['graph', talks, '--out', join(talks, 'out'), '--json'];
    const first = await runCli(args);
    const second = await runCli(args);
    expect([first.code, second.code]).toEqual([0, 0]);
    expect(JSON.parse(second.stdout)).toMatchObject({ files: JSON.parse(first.stdout).files, failures: [] });
  });

  it('names chunks made before of which there are none', async () => {
    const none = join(folder, 'none.jsonl');
    await writeFile(none, '');
    const { code, stderr } = await runCli(['graph', none, '--out', join(folder, 'none-out')]);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`${none}: no chunks in it`)]);
  });

  it('says what it can’t write to', async () => {
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    const { code, stderr } = await runCli(['graph', join(samples, 'bees'), '--out', join(file, 'out')]);
    expect(stderr).toMatch(/a-file/);
    expect(code).toBe(1);
  });
});

describe('millrace graph at Ctrl-C', () => {
  it('exits with 130 and leaves no file', async () => {
    const many = join(folder, 'many');
    for (let i = 0; i < 30; i++) await cp(samples, join(many, String(i)), { recursive: true });
    const out = join(folder, 'stopped-out');
    const { code, stderr } = await runCli(['graph', many, '--out', out], {
      kill: { signal: 'SIGINT', when: 'parse: ' },
    });
    expect(stderr).toContain('stopped by SIGINT');
    expect(code).toBe(130);
    expect(await readdir(out).catch(() => [])).toEqual([]);
  });
});

describeWithCorpora('millrace graph on 248 real lectures', () => {
  it('reads all of them, with the same bytes for 1, 2 and 3 threads', async () => {
    const outs = ['1', '2', '3'].map((threads) => ({ threads, out: join(folder, `real-${threads}`) }));
    for (const { threads, out } of outs) {
      const { code } = await runCli([
        'graph',
        corpus('hf-course-srt'),
        '--out',
        out,
        '--threads',
        threads,
        '--quiet',
      ]);
      expect(code).toBe(0);
    }
    const [one, two, three] = await Promise.all(outs.map(({ out }) => bytesOf(out)));
    expect(two).toEqual(one);
    expect(three).toEqual(one);
    const { files, failures, inputs } = await summaryOf(outs[0]!.out);
    expect([files, failures]).toEqual([248, []]);
    expect(new Set((await chunksOf(outs[0]!.out)).map(({ source }) => source)).size).toBe(248);
    const notSrt = inputs.filter(({ format }: { format: string }) => format !== 'srt');
    expect(notSrt).toMatchObject([{ source: 'fr/03_what-is-transfer-learning.srt', format: 'sbv' }]);
  });
});
