import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { startSimulatedServer } from '../../src/main/api.js';
import { runCli } from '../helpers/run-cli.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

beforeAll(async () => {
  await execute(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'examples'], { cwd: root });
});

/** Runs the example as a process of its own. */
async function extract(baseUrl: string, chunks: string, results: string) {
  const env = { ...process.env, OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: 'sk-secret' };
  const running = execute(process.execPath, ['examples/build/extract.js', chunks, results], {
    cwd: root,
    env,
  });
  return running.then(
    ({ stderr }) => ({ code: 0, stderr }),
    ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr }),
  );
}

it('examples/extract asks about each chunk once, whatever fails, and goes on after the quota was gone', async () => {
  const folder = temporaryFolder();
  const chunks = join(folder, 'chunks.jsonl');
  const results = join(folder, 'results.jsonl');
  await runCli(['ingest', join(root, 'samples'), '--out', chunks, '--chunk-tokens', '64', '--quiet']);
  const lines = (file: string) =>
    readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; text: string });
  const wanted = lines(chunks).map(({ id }) => id);
  const latencyMs = { median: 40, sigma: 0.3 };
  let paid: number;
  {
    await using server = await startSimulatedServer({ latencyMs, faults: ['quota@120ms'] });
    const { code, stderr } = await extract(server.url, chunks, results);
    expect(code).toBe(3);
    expect(stderr).toMatch(/\d+ of \d+ chunks done/);
    const [, id] = /× MILLRACE_CALL_FAILED insufficient_quota \(fatal\)\n {4}(\S+): /.exec(stderr) ?? [];
    expect(wanted).toContain(id);
    expect(stderr).not.toContain('sk-secret');
    paid = server.api.stats().completed;
    expect(paid).toBeGreaterThan(0);
    expect(paid).toBeLessThan(wanted.length);
    expect(lines(results)).toHaveLength(paid);
  }
  await using server = await startSimulatedServer({ latencyMs, faults: ['503:4%', '429:2%', 'reset:2%'] });
  expect(await extract(server.url, chunks, results)).toEqual({
    code: 0,
    stderr: expect.stringMatching(/(\d+) of \1 chunks done/),
  });
  expect(lines(results).map(({ id }) => id)).toEqual(wanted);
  const { completed } = server.api.stats();
  // Equal chunks are asked about once a run.
  const equal = wanted.length - new Set(lines(chunks).map(({ text }) => text)).size;
  expect(completed).toBeLessThanOrEqual(wanted.length - paid);
  expect(completed).toBeGreaterThanOrEqual(wanted.length - paid - equal);
});
