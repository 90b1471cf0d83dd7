import { drawLogNormal, mulberry32, seedOf } from '../../shared/random.js';
import { SimulatedCounts, type SimulatedStats, type TokensUsed } from './simulated-counts.js';
import { type BrokenAnswer, drawFault, type Fault } from './simulated-faults.js';
import {
  type ApiErrorFacts,
  faultFacts,
  limitHeaders,
  refusalFacts,
  retryAfterHeaders,
} from './simulated-headers.js';
import { SimulatedLimiter, type Taken } from './simulated-limiter.js';
import { type SimulatedApiOptions, type SimulatedSettings, simulatedSettings } from './simulated-options.js';

/** A request as far as a simulated server weighs it. */
export interface SimulatedRequest {
  readonly promptTokens: number;
  /** The most that the output may be: 0 for embeddings. It is reserved. Default: 1024. */
  readonly maxTokens?: number | undefined;
  /** Of the item that it is for: by it calls are counted, and answers drawn. Default: each request is an item. */
  readonly key?: string | undefined;
}

/** A request that was refused. */
export interface RefusedCall {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly error: ApiErrorFacts;
  /** How long the refusal takes. */
  readonly latencyMs: number;
}

/** A request that was admitted. It is in flight until one of its two functions was called. */
export interface AdmittedCall {
  readonly status: 200;
  readonly headers: Readonly<Record<string, string>>;
  /** How long the answer takes. */
  readonly latencyMs: number;
  readonly outputTokens: number;
  /** `length` if `maxTokens` cut the output. */
  readonly finishReason: 'stop' | 'length';
  /** What goes wrong with the answer, if anything. */
  readonly broken: BrokenAnswer | undefined;
  /** The answer has been given: what was reserved and not used is free again. */
  complete(): void;
  /** The call was cut off: what was reserved stays taken. */
  abandon(): void;
}

/** Whether a request was admitted. */
export function isAdmitted(call: AdmittedCall | RefusedCall): call is AdmittedCall {
  return 'complete' in call;
}

/** The output of a request that names no limit is at most this, and so much is reserved for it. */
export const DEFAULT_MAX_TOKENS = 1024;
/** Refusals don't wait for a model. */
const REFUSAL_MS = 20;
/** What a 429 that a fault made asks for. */
const FAULT_WAIT_MS = 1000;

/**
 * An API behind limits, without network and without texts: admission, latencies, lengths, faults and its own counts.
 * It takes the time from a clock, so that ten minutes pass in a moment on a virtual one; time begins with the first
 * request, or with `begin()`. A request reserves its prompt and the most that its output may be, and is settled when it is completed.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`
 *
 * @example
 * const api = new SimulatedApi({ limits: { tokensPerMinute: 90_000, start: 'empty' }, clock });
 * const call = api.admit({ promptTokens: 800, maxTokens: 400, key: 'chunk-17' });
 * if (isAdmitted(call)) setTimeout(() => call.complete(), call.latencyMs);
 * api.stats().utilisation; // null for 10 seconds, then from 0 to 1
 */
export class SimulatedApi {
  readonly settings: SimulatedSettings;
  private readonly limiter: SimulatedLimiter;
  private readonly counts: SimulatedCounts;
  private readonly arrivals = new Map<string, number>();
  private startedAt: number | undefined;
  private latestMs = 0;

  constructor(options: SimulatedApiOptions = {}) {
    this.settings = simulatedSettings(options);
    this.limiter = new SimulatedLimiter(this.settings);
    this.counts = new SimulatedCounts(this.limiter);
  }

  /** Time begins, if it has not: an empty limit begins to fill before the first request that takes something of it. */
  begin(): void {
    this.startedAt ??= this.settings.clock.now();
  }

  /** Decides on a request, at once. */
  admit({ promptTokens, maxTokens = DEFAULT_MAX_TOKENS, key }: SimulatedRequest): AdmittedCall | RefusedCall {
    const now = this.touch();
    const number = this.counts.arrive();
    const name = key ?? `#${number}`;
    const random = this.randomOf(name);
    const { latencyMs: latency, outputTokens: output, faults } = this.settings;
    const latencyMs = drawLogNormal(latency, random);
    const length = Math.max(1, Math.round(drawLogNormal(output, random)));
    const fault = drawFault(faults, now, random);
    if (fault !== undefined) this.counts.hit(fault);
    if (fault !== undefined && !isBroken(fault.kind)) return this.refuseByFault(fault.kind, now);
    const taken = this.limiter.admit(promptTokens + maxTokens, now);
    if ('waitMs' in taken) {
      this.counts.reject(429, true);
      const isHidden = this.settings.mode === 'hidden';
      const error = refusalFacts(taken, isHidden);
      const wait = Number.isFinite(taken.waitMs) ? retryAfterHeaders(taken.waitMs) : {};
      return { status: 429, headers: { ...this.headers(now), ...wait }, error, latencyMs: REFUSAL_MS };
    }
    const mark = this.counts.admit(taken, name, now);
    const outputTokens = Math.min(length, maxTokens);
    return {
      status: 200,
      headers: this.headers(now),
      latencyMs,
      outputTokens,
      finishReason: length > maxTokens ? 'length' : 'stop',
      broken: fault?.kind as BrokenAnswer | undefined,
      ...this.endings(taken, { promptTokens, outputTokens }, mark),
    };
  }

  /** Its own counts, now or as of `elapsedMs` since the first request (the latest event at the earliest). */
  stats(elapsedMs: number = this.elapsedMs()): SimulatedStats {
    return this.counts.stats(Math.max(elapsedMs, this.latestMs));
  }

  /** When the latest request came or ended, in milliseconds since the first. */
  get latestEventMs(): number {
    return this.latestMs;
  }

  /** How often requests with this key were admitted. */
  admissionsOf(key: string): number {
    return this.counts.admissionsOf(key);
  }

  private endings(taken: Taken, used: TokensUsed, mark: number): Pick<AdmittedCall, 'complete' | 'abandon'> {
    let isOver = false;
    const once = (end: () => void) => () => {
      if (isOver) return;
      isOver = true;
      end();
    };
    return {
      complete: once(() => {
        const now = this.touch();
        this.limiter.settle(taken, used.promptTokens + used.outputTokens, now);
        this.counts.complete(taken, used, mark, now);
      }),
      abandon: once(() => {
        this.touch();
        this.counts.abandon();
      }),
    };
  }

  private refuseByFault(kind: number | 'quota', now: number): RefusedCall {
    const status = kind === 'quota' ? 429 : kind;
    this.counts.reject(status, false);
    this.limiter.pass(now);
    const wait = kind === 429 ? retryAfterHeaders(FAULT_WAIT_MS) : {};
    const headers = { ...this.headers(now), ...wait };
    return { status, headers, error: faultFacts(kind), latencyMs: REFUSAL_MS };
  }

  private headers(now: number): Record<string, string> {
    return this.settings.mode === 'hidden' ? {} : limitHeaders(this.limiter, now);
  }

  /** The same for the same item and attempt, whatever else goes on. */
  private randomOf(key: string): () => number {
    const arrival = (this.arrivals.get(key) ?? 0) + 1;
    this.arrivals.set(key, arrival);
    return mulberry32(seedOf(this.settings.seed, `${key}/${arrival}`));
  }

  /** Something happens now. */
  private touch(): number {
    this.begin();
    this.latestMs = this.elapsedMs();
    return this.latestMs;
  }

  private elapsedMs(): number {
    return this.startedAt === undefined ? 0 : this.settings.clock.now() - this.startedAt;
  }
}

function isBroken(kind: Fault['kind']): kind is BrokenAnswer {
  return typeof kind === 'string' && kind !== 'quota';
}
