import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimulatedServer } from '../../src/main/api.js';
import { runCli } from '../helpers/run-cli.js';

const SAMPLES = fileURLToPath(new URL('../../samples', import.meta.url));
/** Where nobody answers: a call would fail. */
const NOWHERE = 'http://127.0.0.1:9/v1';

let folder: string;
let chunks: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-'));
  chunks = join(folder, 'chunks.jsonl');
  expect((await runCli(['ingest', SAMPLES, '--out', chunks, '--quiet'])).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('millrace forecast', () => {
  it('tells time, requests, tokens and cost, for people and for programs', async () => {
    const args = ['forecast', chunks, '--tpm', '60000', '--rpm', '500', '--max-tokens', '200'];
    const prices = ['--price-in', '0.15', '--price-out', '0.6'];
    const { code, stdout, stderr } = await runCli([...args, ...prices]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^wall time +\d.*\ncalls +\d+\nrequests +\d+\ninput tokens +[\d,]+\noutput tokens +[\d,]+\ncost +0\.\d+\nuse of --tpm +\d+\.\d %\nuse of --rpm +\d+\.\d %\n$/,
    );
    const json = JSON.parse((await runCli([...args, ...prices, '--json'])).stdout);
    expect(json.cost).toBeCloseTo((0.15 * json.inputTokens + 0.6 * json.outputTokens) / 1e6, 12);
    expect(await runCli([...args, ...prices, '--quiet'])).toEqual({ code, stdout, stderr });
    const more = JSON.parse((await runCli([...args, '--prompt-tokens', '40', '--json'])).stdout);
    expect(more.inputTokens).toBe(json.inputTokens + 40 * json.calls);
    expect(more.cost).toBeNull();
  });

  it.each([['forecast'], ['embed'], ['embed', '--dry-run']])('wants a chunk: %s', async (...command) => {
    const empty = join(folder, 'empty.jsonl');
    writeFileSync(empty, '\n');
    const { code, stdout, stderr } = await runCli([...command, empty]);
    expect([code, stdout, stderr]).toEqual([
      1,
      '',
      expect.stringContaining(`${empty}: no chunks in it, expected`),
    ]);
  });

  it('refuses wrong usage, and what can’t be', async () => {
    const wrong = await runCli(['forecast', chunks, '--latency', '-1']);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('Expected a number from 0.')]);
    const tooSmall = await runCli(['forecast', chunks, '--tpm', '100']);
    expect([tooSmall.code, tooSmall.stderr]).toEqual([
      1,
      expect.stringMatching(/^millrace: --tpm: a call of \d+ is over the whole limit of 100 a minute\n$/),
    ]);
  });
});

describe('millrace embed --dry-run', () => {
  it('foretells the requests and tokens of the run, with no key and no network', async () => {
    const out = join(folder, 'vectors.npy');
    const args = ['embed', chunks, '--out', out, '--tpm', '1000000', '--batch-items', '7', '--json'];
    const env = { OPENAI_API_KEY: '' };
    const dry = await runCli([...args, '--dry-run', '--base-url', NOWHERE, '--price-in', '0.02'], { env });
    expect([dry.code, dry.stderr]).toEqual([0, '']);
    expect([existsSync(out), existsSync(`${out}.unfinished`)]).toEqual([false, false]);
    const forecast = JSON.parse(dry.stdout);
    await using server = await startSimulatedServer({ latencyMs: { median: 5, sigma: 0 } });
    const run = await runCli([...args, '--base-url', server.url]);
    const { requests, inputTokens } = JSON.parse(run.stdout);
    expect(forecast).toMatchObject({ requests, inputTokens, outputTokens: 0 });
    expect(forecast.cost).toBeCloseTo((0.02 * inputTokens) / 1e6, 12);
  });
});
