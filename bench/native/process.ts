import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { SharedMatrix } from 'millrace';
import { loadOnnxruntime } from './onnxruntime.js';
import { loadSimsimd } from './simsimd.js';
import { loadUsearch } from './usearch.js';
import type { LoadNative, NativePeer, NativeWork } from './work.js';

/** The process of a native package, for native-peer.ts: the name, the threads, the vectors' file, the answers' file. */

const PEERS: Record<NativeWork['work'], LoadNative> = {
  onnxruntime: loadOnnxruntime,
  usearch: loadUsearch,
  simsimd: loadSimsimd,
};

const [name, threads, vectorsFile, answerFile] = process.argv.slice(2) as [
  NativeWork['work'],
  string,
  string,
  string,
];

const peer = await load();
if (peer !== undefined) {
  reply({});
  for await (const line of createInterface({ input: process.stdin })) await answer(peer, line);
}

async function load(): Promise<NativePeer | undefined> {
  try {
    return await PEERS[name](SharedMatrix.fromNpy(readFileSync(vectorsFile)), Number(threads));
  } catch (error) {
    reply({ missing: (error as Error).message.split('\n')[0]! });
    return undefined;
  }
}

async function answer({ run }: NativePeer, line: string): Promise<void> {
  const work = JSON.parse(line) as NativeWork;
  const startMs = performance.now();
  const rows = await run(work);
  const elapsedMs = performance.now() - startMs;
  writeFileSync(answerFile, rows().toNpy());
  await quiet();
  reply({ elapsedMs });
}

/** Threads of the package may spin for a while after their work. */
async function quiet(): Promise<void> {
  for (let wait = 0; wait < 100; wait++) {
    const before = process.cpuUsage();
    await pause(10);
    const { user, system } = process.cpuUsage(before);
    if (user + system < 1000) return;
  }
}

function reply(message: { missing: string } | { elapsedMs: number } | Record<string, never>): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
