import { setTimeout as pause } from 'node:timers/promises';
import { type Mismatch, type Row, ratioOf } from './row.js';

/** One run of one side: how long it took, and what came out. */
export interface Timed<A> {
  elapsedMs: number;
  answer: A;
}

/** Does the whole work once. */
export type Side<A> = () => Promise<Timed<A>>;

/** A side that can't be measured here. */
export interface Missing {
  why: string;
}

/**
 * What is told of a run: its milliseconds, or a rate in `unit` (something a second) if it does `amount` of that, or
 * the nanoseconds that each of `pieces` takes, in `unit`.
 */
type Metric = 'ms' | { unit: string; amount: number } | { unit: string; pieces: number };

/** @typeParam A - our answer; @typeParam B - the peer's */
export interface Contest<A, B> {
  suite: string;
  case: string;
  peer: string;
  threads: number;
  metric: Metric;
  /** Floating-point operations of a run, if they are to be told a second. */
  operations?: number;
  ours: Side<A>;
  theirs: Side<B> | Missing;
  /** Says what is different about two answers, or null if they are the same. */
  difference(ours: A, theirs: B): string | null;
  /** Timed runs of each side. */
  runs: number;
  /** Each side runs for at least so long, and once at least, before it is timed. Default: 500. */
  warmUpMs?: number;
}

/** Before each run: threads that the other side left spinning go to sleep. */
const SETTLE_MS = 50;

/** Times the work of a side that runs in this process. */
export function timed<A>(work: () => A | Promise<A>): Side<A> {
  return async () => {
    const startMs = performance.now();
    const answer = await work();
    return { elapsedMs: performance.now() - startMs, answer };
  };
}

/**
 * Warms both sides up, compares their answers, then times them in turns, so that whatever else the machine does
 * meets both alike; who goes first alternates.
 */
export async function compare<A, B>(contest: Contest<A, B>): Promise<Row | Mismatch> {
  const { suite, case: name, peer, ours, theirs, runs, warmUpMs = 500 } = contest;
  const ourAnswer = await warmUp(ours, warmUpMs);
  if (typeof theirs !== 'function') {
    const [ourTimes] = await takeTurns([ours], runs);
    return rowOf(contest, median(ourTimes!), theirs);
  }
  const difference = contest.difference(ourAnswer, await warmUp(theirs, warmUpMs));
  if (difference !== null) return { suite, case: name, peer, difference };
  const [ourTimes, theirTimes] = await takeTurns([ours, theirs], runs);
  return rowOf(contest, median(ourTimes!), median(theirTimes!));
}

async function warmUp<A>(side: Side<A>, atLeastMs: number): Promise<A> {
  for (let warmMs = 0; ; ) {
    const { elapsedMs, answer } = await side();
    warmMs += elapsedMs;
    if (warmMs >= atLeastMs) return answer;
  }
}

/** For each side, the milliseconds of its runs. */
async function takeTurns(sides: readonly Side<unknown>[], runs: number): Promise<number[][]> {
  const times = sides.map((): number[] => []);
  for (let run = 0; run < runs; run++) {
    for (let turn = 0; turn < sides.length; turn++) {
      const side = (run + turn) % sides.length;
      await pause(SETTLE_MS);
      times[side]!.push((await sides[side]!()).elapsedMs);
    }
  }
  return times;
}

function rowOf<A, B>(contest: Contest<A, B>, ourMs: number, their: number | Missing): Row {
  const { suite, case: name, peer, threads, metric, operations, runs } = contest;
  const better = metric !== 'ms' && 'amount' in metric ? 'higher' : 'lower';
  const ours = measured(ourMs, metric);
  const theirs = typeof their === 'number' ? measured(their, metric) : null;
  return {
    suite,
    case: name,
    peer,
    threads,
    node: process.versions.node,
    ours,
    theirs,
    unit: metric === 'ms' ? metric : metric.unit,
    better,
    ratio: theirs === null ? null : ratioOf(ours, theirs, better),
    runs,
    ...(operations !== undefined && { gflops: operations / ourMs / 1e6 }),
    ...(typeof their !== 'number' && { why: their.why }),
  };
}

function measured(ms: number, metric: Metric): number {
  if (metric === 'ms') return ms;
  return 'amount' in metric ? (1000 * metric.amount) / ms : (1e6 * ms) / metric.pieces;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
