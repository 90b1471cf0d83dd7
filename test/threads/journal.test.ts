import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createOpenAiClient, type SimulatedApi, startSimulatedServer } from '../../src/main/api.js';
import { mulberry32 } from '../../src/shared/random.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const SCRIPT = fileURLToPath(new URL('../fixtures/journaled-calls.js', import.meta.url));
const CONCURRENCY = 20;
/** A call takes a median of 8 ms. */
const SERVER = { latencyMs: { median: 8, sigma: 0.5 }, counting: 'estimate' } as const;
/** Once a run was let go so far, it is killed within this time. */
const KILL_WITHIN_MS = 20;
const SOAK = process.env.MILLRACE_SOAK === '1';

/** Runs the calls as a process of its own, until it ends or is killed. */
function run(
  url: string,
  journal: string,
  calls: number,
  kill?: { api: SimulatedApi; at: number; afterMs: number },
) {
  const args = [SCRIPT, url, journal, String(calls), String(CONCURRENCY)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  const watch = setInterval(() => {
    if (kill === undefined || kill.api.stats().admitted < kill.at) return;
    clearInterval(watch);
    setTimeout(() => child.kill('SIGKILL'), kill.afterMs);
  }, 1);
  return new Promise<string>((resolve) => {
    child.once('close', () => {
      clearInterval(watch);
      resolve(stdout);
    });
  });
}

/** What the calls give when nothing goes wrong: the vectors of all items. */
async function vectorsOf(calls: number): Promise<number[][]> {
  await using server = await startSimulatedServer(SERVER);
  await using client = createOpenAiClient({ baseUrl: server.url });
  const input = Array.from({ length: calls }, (_, i) => `item-${i}`);
  const { embeddings } = await client.embed({ model: 'any', input, dimensions: 32 });
  return embeddings.map((vector) => [...vector]);
}

const CASES = SOAK
  ? [
      { runs: 1, calls: 2000, kills: 100 },
      { runs: 100, calls: 2000, kills: 10 },
    ]
  : [{ runs: 3, calls: 400, kills: 3 }];

it.each(CASES)(
  'repeats no more than what was in flight, wherever kill -9 ends a run: %j',
  {
    timeout: SOAK ? 3_600_000 : 120_000,
  },
  async ({ runs, calls, kills }) => {
    const random = mulberry32(11);
    const expected = await vectorsOf(calls);
    expect(new Set(expected.map(String)).size).toBe(calls);
    let mostRepeated = 0;
    for (let number = 0; number < runs; number++) {
      await using server = await startSimulatedServer(SERVER);
      const { api, url } = server;
      const journal = join(temporaryFolder(), 'run.jsonl');
      for (let killed = 0; killed <= kills; killed++) {
        const { admitted, keys, repeated } = api.stats();
        // Evenly over what is left; the last one is left alone.
        const at = admitted + 1 + Math.floor((2 * random() * (calls - keys)) / (kills - killed));
        const kill = { api, at, afterMs: random() * KILL_WITHIN_MS };
        const stdout = await run(url, journal, calls, killed < kills ? kill : undefined);
        mostRepeated = Math.max(mostRepeated, api.stats().repeated - repeated);
        if (killed === kills) expect(JSON.parse(stdout)).toEqual(expected);
      }
      expect(api.stats().keys).toBe(calls);
    }
    if (SOAK) console.log(`${runs * kills} kills, at most ${mostRepeated} repeated calls after one`);
    expect(mostRepeated).toBeLessThanOrEqual(CONCURRENCY);
    expect(mostRepeated).toBeGreaterThan(0);
  },
);
