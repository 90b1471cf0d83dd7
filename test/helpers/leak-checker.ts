import { afterAll, beforeAll, expect } from 'vitest';

/**
 * After each file of tests nothing of theirs is left that keeps a process alive (timers, sockets, servers, threads,
 * processes, files), and no listener on the process. What the test runner has itself is counted before. What is ending is
 * waited for: only what stays is a leak.
 */
const PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 20;

/** How many there are of each. */
type Counts = Map<string, number>;

function counted(names: Iterable<string>): Counts {
  const counts: Counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

const resources = () => counted(process.getActiveResourcesInfo());
/** Of `exit` there are those of native packages, which stay with them (lmdb's). */
const listeners = () =>
  new Map(
    process
      .eventNames()
      .filter((name) => name !== 'exit')
      .map((name) => [`listener of ${String(name)}`, process.listenerCount(name)]),
  );
const present = () => new Map([...resources(), ...listeners()]);

function beyond(before: Counts): string[] {
  return [...present()].flatMap(([name, count]) => {
    const more = count - (before.get(name) ?? 0);
    return more > 0 ? [`${more} × ${name}`] : [];
  });
}

let before: Counts;
beforeAll(() => {
  before = present();
});

afterAll(async () => {
  const deadline = performance.now() + PATIENCE_MS;
  let left = beyond(before);
  while (left.length > 0 && performance.now() < deadline) {
    // Unreferenced, so that it isn't counted itself.
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS).unref());
    left = beyond(before);
  }
  expect(left, 'what the tests left behind').toEqual([]);
}, 2 * PATIENCE_MS);
