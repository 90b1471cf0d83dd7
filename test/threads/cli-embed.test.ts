import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SimulatedServerOptions, startSimulatedServer } from '../../src/main/api.js';
import { runCli } from '../helpers/run-cli.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const SAMPLES = fileURLToPath(new URL('../../samples', import.meta.url));

let folderOfChunks: string;
let chunksJsonl: string;
beforeAll(async () => {
  folderOfChunks = mkdtempSync(join(tmpdir(), 'millrace-'));
  chunksJsonl = join(folderOfChunks, 'chunks.jsonl');
  expect((await runCli(['ingest', SAMPLES, '--out', chunksJsonl, '--quiet'])).code).toBe(0);
});
afterAll(() => rmSync(folderOfChunks, { recursive: true }));

const server = (options: SimulatedServerOptions = {}) =>
  startSimulatedServer({ latencyMs: { median: 5, sigma: 0.2 }, ...options });

describe('millrace embed', () => {
  it('embeds every chunk in its order, and the graph takes the vectors', async () => {
    await using api = await server();
    const folder = temporaryFolder();
    const out = join(folder, 'vectors.npy');
    const args = ['embed', chunksJsonl, '--base-url', api.url, '--out', out];
    const { code, stdout } = await runCli([...args, '--batch-items', '7', '--tpm', '10000000', '--json'], {
      env: { OPENAI_API_KEY: 'sk-secret' },
    });
    const lines = readFileSync(chunksJsonl, 'utf8').trimEnd().split('\n');
    expect(code).toBe(0);
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({ rows: lines.length, requests: Math.ceil(lines.length / 7) });
    expect(summary.inputTokens).toBeGreaterThan(lines.length);
    expect(api.api.stats()).toMatchObject({ completed: summary.requests, repeated: 0 });
    expect(existsSync(`${out}.unfinished`)).toBe(false);
    const alone = join(folder, 'alone.npy');
    await runCli(['embed', chunksJsonl, '--base-url', api.url, '--out', alone, '--batch-items', '1']);
    expect(readFileSync(alone)).toEqual(readFileSync(out));
    const graph = await runCli([
      'graph',
      chunksJsonl,
      '--embeddings',
      out,
      '--out',
      join(folder, 'out'),
      '--json',
    ]);
    expect(JSON.parse(graph.stdout)).toMatchObject({ chunks: lines.length });
  });

  it('keeps what was paid for when the quota ends, and goes on from there without calling twice', async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'vectors.npy');
    const args = (url: string) => [
      'embed',
      chunksJsonl,
      '--base-url',
      url,
      '--out',
      out,
      '--batch-items',
      '2',
    ];
    let paid = 0;
    {
      await using api = await server({ latencyMs: { median: 100, sigma: 0 }, faults: ['quota@250ms'] });
      const { code, stderr } = await runCli([...args(api.url), '--concurrency', '3'], {
        env: { OPENAI_API_KEY: 'sk-secret-key' },
      });
      expect(code).toBe(1);
      expect(stderr).toMatch(/quota/);
      expect(stderr).toContain(`what was done is in ${out}.unfinished`);
      expect(stderr + readFileSync(`${out}.unfinished`, 'utf8')).not.toContain('sk-secret-key');
      expect(existsSync(out)).toBe(false);
      paid = api.api.stats().completed;
      expect(paid).toBeGreaterThan(0);
    }
    await using api = await server();
    const other = await runCli([...args(api.url), '--model', 'other']);
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringMatching(
        /millrace: --model: "text-embedding-3-small" then, "other" now; delete .*unfinished to/,
      ),
    ]);
    expect(other.stderr).not.toContain('goes on');
    const { code, stdout } = await runCli([...args(api.url), '--json']);
    expect(code).toBe(0);
    expect(api.api.stats().completed).toBe(JSON.parse(stdout).requests - paid);
  });

  it('says while it tries again why it must', async () => {
    const out = join(temporaryFolder(), 'vectors.npy');
    const { code, stderr } = await runCli(
      ['embed', chunksJsonl, '--out', out, '--base-url', 'http://127.0.0.1:9/v1'],
      { kill: { signal: 'SIGINT', when: 'failed attempt' } },
    );
    expect(code).toBe(130);
    expect(stderr).toMatch(/^embed: 0\/\d+ texts, 1 failed attempt, the last: POST \/v1\/.*ECONNREFUSED/m);
  });

  it('tells that the base URL may lack its version', async () => {
    await using api = await server();
    const out = join(temporaryFolder(), 'vectors.npy');
    const url = api.url.replace(/\/v1$/, '');
    const { code, stderr } = await runCli(['embed', chunksJsonl, '--out', out, '--base-url', url]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/answered 404.*base URL usually ends with \/v1/),
    ]);
  });

  it('names its own options where they are wrong', async () => {
    const out = join(temporaryFolder(), 'vectors.npy');
    const args = ['embed', chunksJsonl, '--out', out, '--base-url'];
    const url = await runCli([...args, 'nowhere']);
    expect([url.code, url.stderr]).toEqual([
      2,
      expect.stringMatching(/^millrace: --base-url: expected an http/m),
    ]);
    const batch = await runCli([...args, 'http://127.0.0.1:9/v1', '--batch-items', '5000']);
    expect([batch.code, batch.stderr]).toEqual([
      2,
      expect.stringMatching(/^millrace: --batch-items: expected .* to 2048, received 5000/m),
    ]);
  });

  it('tries again what may succeed later, and names what never will', async () => {
    await using api = await server({ faults: ['503:15%', '429:5%', 'reset:5%'] });
    const out = join(temporaryFolder(), 'vectors.npy');
    const args = ['embed', chunksJsonl, '--out', out, '--batch-items', '8', '--quiet'];
    expect((await runCli([...args, '--base-url', api.url])).code).toBe(0);
    const missing = await runCli(['embed', 'gone.jsonl', '--out', out, '--base-url', api.url]);
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('gone.jsonl')]);
    expect(missing.stderr).not.toContain('goes on');
  });
});
