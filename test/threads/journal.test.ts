import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mulberry32 } from '../../src/shared/random.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const SCRIPT = fileURLToPath(new URL('../fixtures/journaled-calls.js', import.meta.url));
const CONCURRENCY = 20;
const SOAK = process.env.MILLRACE_SOAK === '1';
/** Runs, the calls of each, and how often each is killed. */
const [RUNS, CALLS, KILLS] = SOAK ? [100, 2000, 10] : [3, 400, 3];

/** How often each path was called, and what is to happen after so many calls. */
let calls = new Map<string, number>();
let onCall = (_total: number) => {};
let total = 0;
let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer(({ url: path }, response) => {
    calls.set(path!, (calls.get(path!) ?? 0) + 1);
    onCall(++total);
    setTimeout(() => response.end(`answer to ${path}`), 1 + (total % 4));
  }).listen(0);
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function start(journal: string): { child: ChildProcess; ended: Promise<string> } {
  const args = [SCRIPT, url, journal, String(CALLS), String(CONCURRENCY)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout!.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  return { child, ended: new Promise((resolve) => child.on('close', () => resolve(stdout))) };
}

it(`repeats no more than what was in flight, wherever kill -9 ends a run (${RUNS} runs of ${CALLS} calls, ${KILLS} times each)`, {
  timeout: SOAK ? 3_600_000 : 120_000,
}, async () => {
  const random = mulberry32(11);
  const expected = Array.from({ length: CALLS }, (_, i) => `answer to /item-${i}`);
  let mostRepeated = 0;
  for (let run = 0; run < RUNS; run++) {
    const journal = join(temporaryFolder(), 'run.jsonl');
    calls = new Map();
    total = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const before = calls.size;
      const killAt = total + 1 + Math.floor((random() * (CALLS - before)) / (KILLS - kill));
      const repeatedBefore = total - calls.size;
      const { child, ended } = start(journal);
      onCall = (count) => count >= killAt && child.kill('SIGKILL');
      await ended;
      mostRepeated = Math.max(mostRepeated, total - calls.size - repeatedBefore);
    }
    onCall = () => {};
    const repeatedBefore = total - calls.size;
    expect(JSON.parse(await start(journal).ended)).toEqual(expected);
    mostRepeated = Math.max(mostRepeated, total - calls.size - repeatedBefore);
    expect(calls.size).toBe(CALLS);
  }
  if (SOAK) console.log(`at most ${mostRepeated} repeated calls after a kill`);
  expect(mostRepeated).toBeLessThanOrEqual(CONCURRENCY);
  expect(mostRepeated).toBeGreaterThan(0);
});
