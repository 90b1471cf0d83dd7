import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const SCRIPT = fileURLToPath(new URL('../fixtures/draining-calls.js', import.meta.url));
const CONCURRENCY = 10;
const CALLS = 100;

let server: Server;
let url: string;
/** How often each path was called; answers that are held back; what happens after so many calls. */
let calls: Map<string, number>;
let held: ServerResponse[];
let holds: boolean;
let onCall: (total: number) => void;

beforeAll(async () => {
  server = createServer(({ url: path }, response) => {
    calls.set(path!, (calls.get(path!) ?? 0) + 1);
    if (holds) held.push(response);
    else setImmediate(() => response.end('answer'));
    onCall(total());
  }).listen(0);
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

beforeEach(() => {
  calls = new Map();
  held = [];
  holds = false;
  onCall = () => {};
});

const total = () => [...calls.values()].reduce((sum, count) => sum + count, 0);

interface End {
  stdout: string;
  code: number | null;
}

function start(
  journal: string,
  deadlineMs = 60_000,
): { child: ChildProcess; draining: Promise<void>; ended: Promise<End> } {
  const args = [SCRIPT, url, journal, String(CALLS), String(CONCURRENCY), String(deadlineMs)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  let drains = () => {};
  const draining = new Promise<void>((resolve) => {
    drains = resolve;
  });
  child.stdout!.setEncoding('utf8').on('data', (text) => {
    stdout += text;
    if (stdout.startsWith('draining')) drains();
  });
  return {
    child,
    draining,
    ended: new Promise((resolve) => child.on('close', (code) => resolve({ stdout, code }))),
  };
}

/** Comes when the server holds so many answers back, from the 41st call on. */
function allHeld(): Promise<void> {
  return new Promise((resolve) => {
    onCall = (count) => {
      if (count >= 40) holds = true;
      if (held.length === CONCURRENCY) resolve();
    };
  });
}

const journal = () => join(temporaryFolder(), 'run.jsonl');

async function completes(path: string): Promise<void> {
  holds = false;
  onCall = () => {};
  expect(await start(path).ended).toEqual({ stdout: `complete ${CALLS}`, code: 0 });
  expect(calls.size).toBe(CALLS);
}

describe.skipIf(process.platform === 'win32')('createShutdown, with signals', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('drains after one %s: what runs ends, and nothing is called twice', async (name, code) => {
    const path = journal();
    const full = allHeld();
    const { child, draining, ended } = start(path);
    await full;
    child.kill(name);
    await draining;
    const before = total();
    holds = false;
    for (const response of held) response.end('answer');
    expect(await ended).toEqual({ stdout: 'draining MILLRACE_NOT_RUN', code });
    expect(total()).toBe(before);
    await completes(path);
    expect(total()).toBe(CALLS);
  });

  it('aborts after two, and repeats only what was in flight', async () => {
    const path = journal();
    const full = allHeld();
    const { child, draining, ended } = start(path);
    await full;
    child.kill('SIGINT');
    await draining;
    child.kill('SIGINT');
    expect(await ended).toEqual({ stdout: 'draining MILLRACE_SHUTDOWN', code: 130 });
    await completes(path);
    expect(total() - CALLS).toBeLessThanOrEqual(CONCURRENCY);
  });

  it('aborts at the deadline', async () => {
    const path = journal();
    const full = allHeld();
    const { child, ended } = start(path, 200);
    await full;
    child.kill('SIGTERM');
    expect(await ended).toEqual({ stdout: 'draining MILLRACE_SHUTDOWN', code: 143 });
    await completes(path);
    expect(total() - CALLS).toBeLessThanOrEqual(CONCURRENCY);
  });
});
