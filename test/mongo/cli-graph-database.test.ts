import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startSimulatedServer } from '../../src/main/api.js';
import { describeWithMongo } from '../helpers/mongo.js';
import { runCli } from '../helpers/run-cli.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const SAMPLES = fileURLToPath(new URL('../../samples', import.meta.url));
const env = { OPENAI_API_KEY: 'sk-secret-key' };

describeWithMongo('a graph in a database', (mongo) => {
  const { db } = mongo;
  const uri = `${mongo.uri.replace(/\/$/, '')}/${db.databaseName}`;
  const run = (...args: string[]) => runCli([...args, '--mongo', uri], { env });
  /** Every collection as it is, byte for byte. */
  const contents = async () => {
    const all: Record<string, unknown> = {};
    for (const name of ['chunks', 'embeddings', 'edges'])
      all[name] = await db
        .collection(name)
        .find({}, { raw: true, sort: { _id: 1 } })
        .toArray();
    return all;
  };

  it('is there once, whatever is run again, and follows its sources', async () => {
    const folder = temporaryFolder();
    const talks = join(folder, 'talks');
    await cp(SAMPLES, talks, { recursive: true });
    const out = join(folder, 'chunks.jsonl');
    const first = await run('ingest', talks, '--out', out, '--json');
    const { chunks, mongo: stored } = JSON.parse(first.stdout);
    expect(stored).toEqual({ inserted: chunks, replaced: 0, unchanged: 0, deleted: 0 });
    const lines = (await readFile(out, 'utf8')).trim().split('\n');
    const documents = await db
      .collection('chunks')
      .find({}, { sort: { source: 1, index: 1 } })
      .toArray();
    expect(documents.map(({ _id: id, ...chunk }) => JSON.stringify({ id, ...chunk }))).toEqual(lines);

    const graph = await run('graph', '--out', join(folder, 'graph'), '--json');
    expect(JSON.parse(graph.stdout)).toMatchObject({ chunks });
    const fromFile = join(folder, 'from-file');
    await runCli(['graph', out, '--out', fromFile]);
    const edges = await readFile(join(fromFile, 'edges.csv'), 'utf8');
    expect(await readFile(join(folder, 'graph', 'edges.csv'), 'utf8')).toBe(edges);
    expect(await db.collection('edges').countDocuments()).toBe(edges.trim().split('\n').length - 1);
    expect(await db.collection('embeddings').countDocuments({ model: 'lexical' })).toBe(chunks);

    const before = await contents();
    const second = await run('ingest', talks, '--out', out, '--json');
    expect(JSON.parse(second.stdout).mongo).toEqual({
      inserted: 0,
      replaced: 0,
      unchanged: chunks,
      deleted: 0,
    });
    expect((await run('graph', '--out', join(folder, 'graph'))).code).toBe(0);
    expect(await contents()).toEqual(before);

    // A source that is shorter now loses its last chunks; a source that is gone stays until somebody deletes it.
    const changed = join(talks, 'bees', '02-winter-cluster.vtt');
    const text = await readFile(changed, 'utf8');
    await writeFile(changed, text.slice(0, text.indexOf('\n\n', 400)));
    await rm(join(talks, 'bread'), { recursive: true });
    const third = await run('ingest', talks, '--out', out, '--json');
    const after = JSON.parse(third.stdout);
    expect(after.mongo).toMatchObject({ inserted: 0, replaced: 1 });
    expect(after.mongo.deleted).toBeGreaterThan(0);
    const { source } = documents.find((document) =>
      String(document.source).endsWith('02-winter-cluster.vtt'),
    )!;
    expect(await db.collection('chunks').countDocuments({ source })).toBe(1);
    expect(await db.collection('chunks').countDocuments({ source: /^bread\// })).toBeGreaterThan(0);
  });

  it('pays for no vector that is there', async () => {
    await using api = await startSimulatedServer({ latencyMs: { median: 2, sigma: 0 } });
    const out = temporaryFolder();
    const asked = ['--embedder', 'openai', '--base-url', api.url, '--model', 'ada', '--json'];
    const first = await run('graph', join(SAMPLES, 'bees'), '--out', out, ...asked);
    expect(first.code).toBe(0);
    const { tokensSettled } = api.api.stats();
    expect(tokensSettled).toBe(JSON.parse(first.stdout).tokens);
    const edges = await readFile(join(out, 'edges.csv'), 'utf8');
    expect((await run('graph', join(SAMPLES, 'bees'), '--out', out, ...asked)).code).toBe(0);
    expect(api.api.stats().tokensSettled).toBe(tokensSettled);
    expect(await readFile(join(out, 'edges.csv'), 'utf8')).toBe(edges);
    // Only what is new is asked for.
    const more = await run('graph', join(SAMPLES, 'bees'), join(SAMPLES, 'orbits'), '--out', out, ...asked);
    expect(api.api.stats().tokensSettled).toBe(JSON.parse(more.stdout).tokens);
    expect(JSON.stringify(await contents())).not.toContain('sk-secret-key');
  });

  it('needs inputs or a database, and one that answers', async () => {
    const none = await runCli(['graph']);
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('expected some, or --mongo') });
    const empty = await runCli(['graph', '--mongo', '']);
    expect(empty).toMatchObject({ code: 2, stderr: expect.stringContaining('--mongo: expected a URI') });
    const closed = 'mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=100';
    const { code, stderr } = await runCli([
      'ingest',
      SAMPLES,
      '--out',
      join(temporaryFolder(), 'x'),
      '--mongo',
      closed,
    ]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('no connection to the server')]);
    const unfilled = `${mongo.uri.replace(/\/$/, '')}/${db.databaseName}-empty`;
    const nothing = await runCli(['graph', '--mongo', unfilled, '--out', temporaryFolder()]);
    expect([nothing.code, nothing.stderr]).toEqual([1, expect.stringContaining('no chunks in it')]);
    await mongo.client.db(`${db.databaseName}-empty`).dropDatabase();
  });
});
