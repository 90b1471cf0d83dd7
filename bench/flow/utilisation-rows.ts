import {
  type Clock,
  Limiter,
  retry,
  settleConcurrent,
  tokenBudget,
  VirtualClock,
  withPolicies,
} from 'millrace';
import { isAdmitted, type LimitMode, SimulatedApi, simulatedStep } from 'millrace/api';
import type { Missing } from '../compare.js';
import { type Row, ratioOf } from '../row.js';
import { randomNumbers } from '../vectors.js';
import type { FlowPeers } from './flow-peers.js';
import { inBatches, PlanLimiter } from './plan-limiter.js';

const TOKENS_PER_MINUTE = 1_000_000;
const REQUESTS_PER_MINUTE = 10_000;
const CONCURRENCY = 300;
const MAX_TOKENS = 400;
/** The shortest that bottleneck takes. */
const BEAT_MS = 250;
/** What is left free of the limit, so that estimates may be off: in all modes the same. */
const HEADROOM = 0.01;

interface Item {
  key: string;
  promptTokens: number;
  /** Off by up to a half. */
  estimate: number;
}

/** What the server counted: the share of its limit that was used, in per cent, and how many calls it refused. */
interface Used {
  percent: number;
  refused: number;
}

type Runner = (
  api: SimulatedApi,
  items: readonly Item[],
  clock: Clock,
  signal: AbortSignal,
) => Promise<unknown>;

/**
 * How much of the limit of a simulated server is used in ten minutes, as the server counts it: settled tokens ÷ (limit ×
 * elapsed), without the first ten seconds. Outputs are log-normal, estimates off by up to a half, and the server takes
 * the prompt and `max_tokens` until a call is completed. Ours runs on a virtual clock; peers run with their own code
 * while the timers of the process are simulated. Peers can't count tokens of calls that have ended: they are given the
 * rate that suits the mean of what a call reserves.
 */
export async function* utilisationRows(peers: FlowPeers, { quick }: { quick: boolean }): AsyncIterable<Row> {
  const minutes = quick ? 3 : 10;
  for (const mode of ['bucket', 'window', 'slices'] as const) {
    const ours = await onVirtualClock(mode, minutes, millrace);
    const others: [string, Used | Missing][] = [
      ['plan', await onVirtualClock(mode, minutes, plan)],
      ['p-queue', await onFakeTimers(peers, mode, minutes, pQueue(peers))],
      ['bottleneck', await onFakeTimers(peers, mode, minutes, bottleneck(peers))],
    ];
    for (const [peer, theirs] of others) {
      yield row(
        `utilisation ${mode}, ${minutes} simulated minutes`,
        peer,
        '%',
        'higher',
        ours,
        theirs,
        ({ percent }) => percent,
      );
      yield row(
        `utilisation ${mode}, calls refused`,
        peer,
        '429s',
        'lower',
        ours,
        theirs,
        ({ refused }) => refused,
      );
    }
  }
}

function row(
  name: string,
  peer: string,
  unit: string,
  better: Row['better'],
  ours: Used,
  theirs: Used | Missing,
  of: (used: Used) => number,
): Row {
  const facts = {
    suite: 'flow',
    case: name,
    peer,
    threads: 1,
    node: process.versions.node,
    unit,
    better,
    runs: 1,
  };
  if ('why' in theirs) return { ...facts, ours: of(ours), theirs: null, ratio: null, why: theirs.why };
  const ratio = ratioOf(Math.max(of(ours), 1e-3), Math.max(of(theirs), 1e-3), better);
  return { ...facts, ours: of(ours), theirs: of(theirs), ratio };
}

const millrace: Runner = (api, items, clock, signal) => {
  const limiter = new Limiter({
    tokensPerMinute: TOKENS_PER_MINUTE * (1 - HEADROOM),
    requestsPerMinute: REQUESTS_PER_MINUTE,
    clock,
  });
  const call = simulatedStep(api, ({ promptTokens }: Item) => ({ promptTokens, maxTokens: MAX_TOKENS }));
  const estimateTokens = ({ estimate }: Item) => ({ inputTokens: estimate, outputTokens: MAX_TOKENS });
  const step = withPolicies(call, retry({ clock }), tokenBudget(limiter, { estimateTokens }));
  return settleConcurrent(items, step, { concurrency: CONCURRENCY, maxPending: 4 * CONCURRENCY, signal });
};

const plan: Runner = (api, items, clock) => {
  const limiter = new PlanLimiter(TOKENS_PER_MINUTE, clock);
  return inBatches(items, CONCURRENCY, async (item) => {
    await limiter.acquire(item.estimate + MAX_TOKENS);
    await callUntilDone(api, item, clock);
  });
};

function pQueue({ pQueue: peer }: FlowPeers): Runner | Missing {
  if ('why' in peer) return peer;
  return (api, items, clock) => {
    const callsASecond = Math.floor(TOKENS_PER_MINUTE / 60 / meanReserved(items));
    const queue = new peer.default({ concurrency: CONCURRENCY, interval: 1000, intervalCap: callsASecond });
    return Promise.all(items.map((item) => queue.add(() => callUntilDone(api, item, clock))));
  };
}

function bottleneck({ bottleneck: peer }: FlowPeers): Runner | Missing {
  if ('why' in peer) return peer;
  return (api, items, clock) => {
    // Weights count against `maxConcurrent`, too, so there is none. It looks at its reservoir at each heartbeat only.
    const aBeat = Math.floor((TOKENS_PER_MINUTE / 60_000) * BEAT_MS);
    const limiter = new peer.default({
      maxConcurrent: null,
      reservoir: 0,
      reservoirIncreaseInterval: BEAT_MS,
      reservoirIncreaseAmount: aBeat,
      reservoirIncreaseMaximum: 4 * aBeat,
      heartbeatInterval: BEAT_MS,
    });
    return Promise.all(
      items.map((item) =>
        limiter.schedule({ weight: item.estimate + MAX_TOKENS }, () => callUntilDone(api, item, clock)),
      ),
    );
  };
}

/** A call as a plain client makes it: refused, it waits for as long as the server says, and tries again. */
async function callUntilDone(api: SimulatedApi, { key, promptTokens }: Item, clock: Clock): Promise<void> {
  const wait = (ms: number) => new Promise<void>((resolve) => clock.schedule(resolve, ms));
  for (;;) {
    const call = api.admit({ key, promptTokens, maxTokens: MAX_TOKENS });
    await wait(call.latencyMs);
    if (isAdmitted(call)) return call.complete();
    await wait(Number(call.headers['retry-after-ms'] ?? 1000));
  }
}

function meanReserved(items: readonly Item[]): number {
  return items.reduce((sum, { estimate }) => sum + estimate + MAX_TOKENS, 0) / items.length;
}

function newApi(mode: LimitMode, clock: Clock): SimulatedApi {
  const limits = {
    mode,
    tokensPerMinute: TOKENS_PER_MINUTE,
    requestsPerMinute: REQUESTS_PER_MINUTE,
    // A window that is in use as a whole would let nothing through for its first minute.
    start: mode === 'bucket' ? ('empty' as const) : ('full' as const),
  };
  const api = new SimulatedApi({ limits, clock, seed: 5 });
  // Its time begins with the first request, and with it an empty bucket: that one is none of anybody's.
  api.admit({ promptTokens: 0, maxTokens: 0 });
  return api;
}

function newItems(minutes: number): Item[] {
  const random = randomNumbers(3);
  return Array.from({ length: 1400 * minutes }, (_, i) => {
    const promptTokens = Math.round(300 + random() * 1000);
    return { key: `${i}`, promptTokens, estimate: Math.round(promptTokens * (0.5 + random())) };
  });
}

async function onVirtualClock(mode: LimitMode, minutes: number, run: Runner): Promise<Used> {
  const clock = new VirtualClock();
  const api = newApi(mode, clock);
  const controller = new AbortController();
  run(api, newItems(minutes), clock, controller.signal).catch(() => {});
  await clock.advance(minutes * 60_000);
  const used = usedOf(api, minutes);
  controller.abort();
  return used;
}

async function onFakeTimers(
  { fakeTimers }: FlowPeers,
  mode: LimitMode,
  minutes: number,
  run: Runner | Missing,
): Promise<Used | Missing> {
  if ('why' in run) return run;
  if ('why' in fakeTimers) return fakeTimers;
  const timers = fakeTimers.install({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  });
  try {
    const clock: Clock = {
      now: () => performance.now(),
      schedule(callback, delayMs) {
        const timer = setTimeout(callback, delayMs);
        return () => clearTimeout(timer);
      },
    };
    const api = newApi(mode, clock);
    run(api, newItems(minutes), clock, new AbortController().signal).catch(() => {});
    for (let second = 0; second < 60 * minutes; second++) await timers.tickAsync(1000);
    return usedOf(api, minutes);
  } finally {
    timers.uninstall();
  }
}

/** An empty bucket refuses the request with which its time begins. */
function refusedAtFirst({ settings }: SimulatedApi): number {
  return settings.isEmpty ? 1 : 0;
}

function usedOf(api: SimulatedApi, minutes: number): Used {
  const { utilisation, refused } = api.stats(minutes * 60_000);
  return { percent: 100 * utilisation!, refused: refused - refusedAtFirst(api) };
}
