import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type SimulatedServerOptions, startSimulatedServer } from '../../src/main/api.js';
import { runCli } from '../helpers/run-cli.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const SAMPLES = fileURLToPath(new URL('../../samples', import.meta.url));
const env = { OPENAI_API_KEY: 'sk-secret-key' };

const server = (options: SimulatedServerOptions = {}) =>
  startSimulatedServer({ latencyMs: { median: 5, sigma: 0.2 }, ...options });

describe('millrace graph --embedder openai', () => {
  it('has the vectors of millrace embed, and the graph of them', async () => {
    await using api = await server();
    const folder = temporaryFolder();
    const [out, again] = [join(folder, 'out'), join(folder, 'again')];
    const asked = ['--embedder', 'openai', '--base-url', api.url, '--tpm', '10000000', '--model', 'ada'];
    const { code, stdout } = await runCli(['graph', SAMPLES, '--out', out, '--json', ...asked], { env });
    expect(code).toBe(0);
    expect(JSON.parse(stdout).options).toMatchObject({ embeddings: 'openai ada' });
    expect(existsSync(join(out, 'embeddings.npy.unfinished'))).toBe(false);
    const { requests, tokensSettled } = api.api.stats();
    expect(requests).toBeGreaterThan(0);
    expect(tokensSettled).toBe(JSON.parse(stdout).tokens);
    const vectors = join(folder, 'vectors.npy');
    const chunks = join(out, 'chunks.jsonl');
    await runCli(['embed', chunks, '--base-url', api.url, '--out', vectors, '--model', 'ada'], { env });
    expect(readFileSync(vectors)).toEqual(readFileSync(join(out, 'embeddings.npy')));
    await runCli(['graph', chunks, '--out', again, '--embeddings', vectors]);
    expect(readFileSync(join(again, 'edges.csv'))).toEqual(readFileSync(join(out, 'edges.csv')));
  });

  it('goes on where it was ended, without calling twice', async () => {
    const out = join(temporaryFolder(), 'out');
    const args = (url: string) => [
      ...['graph', SAMPLES, '--chunk-tokens', '64', '--out', out],
      ...['--embedder', 'openai', '--base-url', url, '--concurrency', '1', '--json'],
    ];
    const journal = join(out, 'embeddings.npy.unfinished');
    let paid: number;
    {
      await using api = await server({ latencyMs: { median: 50, sigma: 0 }, faults: ['quota@30ms'] });
      const { code, stderr } = await runCli(args(api.url), { env });
      expect([code, stderr]).toEqual([1, expect.stringContaining(`what was done is in ${journal}`)]);
      expect(stderr + readFileSync(journal, 'utf8')).not.toContain('sk-secret-key');
      expect(existsSync(join(out, 'edges.csv'))).toBe(false);
      paid = api.api.stats().completed;
      expect(paid).toBeGreaterThan(0);
    }
    await using api = await server();
    const { code, stdout } = await runCli(args(api.url), { env });
    expect([code, existsSync(journal)]).toEqual([0, false]);
    const { completed } = api.api.stats();
    expect(completed).toBeGreaterThan(0);
    expect(completed + paid).toBe(Math.ceil(JSON.parse(stdout).chunks / 128));
  });

  it.each([
    [['--tpm', '5'], '--tpm goes with --embedder openai'],
    [['--base-url', 'http://127.0.0.1:9/v1'], '--base-url goes with --embedder openai'],
    [['--embedder', 'openai', '--embeddings', 'v.npy'], '--embeddings'],
    [['--embedder', 'vllm'], 'Allowed choices are lexical, openai'],
  ])('refuses wrong usage: %j', async (args, message) => {
    const { code, stderr } = await runCli(['graph', SAMPLES, ...args]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
