import { hasLost, type LimitAlgorithm, type LimitDecision, type LimitSample } from './limit.js';

export interface AimdOptions {
  /** The limit never goes below. Default: a sixtieth of the first limit. */
  min?: number | undefined;
  /** The limit never goes above. Default: none. */
  max?: number | undefined;
  /** After a cut the limit doesn't grow for so long, or longer if the other side asks for it. Default: 1000. */
  cooldownMs?: number | undefined;
  /** It stays below the limit at which it was refused for so long, then it tries what is above. Default: 10,000. */
  probeMs?: number | undefined;
}

/** Where the limit stands, and what is known of the one that is looked for. */
export interface AimdState extends LimitDecision {
  readonly phase: 'slowStart' | 'climbing' | 'holding';
  /** The limit at which the other side refused; infinite if it isn't known, or is being tried again. */
  readonly ceiling: number;
  readonly cutAtMs: number;
  readonly quietUntilMs: number;
  readonly heldSinceMs: number;
  /** Cuts that came soon after each other. */
  readonly cuts: number;
  /** Clean rounds above a ceiling that was tried again; in the slow start, since the beginning. */
  readonly cleanRounds: number;
}

const CUT = 0.8;
/** From the third cut of a row on: the limit is nowhere near. */
const DEEP_CUT = 0.5;
const GROWTH = 1.05;
const SLOW_START = 2;
/** So many clean rounds above the ceiling mean that it isn't where it was: then growth doubles, too. */
const GONE_AFTER_ROUNDS = 8;
const LOSS = 0.9;
/** A limit that isn't used up to here says nothing about what is above. */
const WELL_USED = 0.8;
/** Where it holds, as a share of the ceiling. */
const BELOW_CEILING = 0.96;

/**
 * Finds a limit that only refusals tell: additive increase, multiplicative decrease (Chiu and Jain, 1989) with the slow
 * start of TCP (RFC 5681) and a known ceiling, as CUBIC has one (RFC 9438). A sample is a round.
 *
 * - It doubles with each clean round until the first refusal, which multiplies it by 0.8; then it grows by 5 % with each
 *   clean round. It grows only if at least 80 % of it were used.
 * - Close to the ceiling it stays for `probeMs`, then goes on above it; after eight clean rounds there by 10 %, 20 % and so
 *   on up to 100 %, for the ceiling has gone.
 * - A refusal before the first clean round doesn't end the slow start: the server was busy before anybody came.
 * - One cut for each burst of refusals: calls that were sent before a cut don't count again. A second cut soon after the
 *   first means that the limit is far away: then nothing is sent for the cooldown, and the third cut is by a half.
 * - A round in which calls were lost multiplies by 0.9, so that time-outs can't make it grow.
 */
export function aimd(options: AimdOptions = {}): (first: number) => LimitAlgorithm<AimdState> {
  return (first) => {
    const { min = first / 60, max = Number.POSITIVE_INFINITY, cooldownMs = 1000, probeMs = 10_000 } = options;
    const within = (limit: number) => Math.min(max, Math.max(min, limit));
    const cut = (sample: LimitSample, state: AimdState): AimdState => {
      const { nowMs, retryAfterMs = 0 } = sample;
      const quietMs = Math.max(cooldownMs, retryAfterMs);
      const isSoon = nowMs - state.cutAtMs < 2 * quietMs;
      const cuts = isSoon ? state.cuts + 1 : 1;
      const isUntried = state.phase === 'slowStart' && state.cleanRounds === 0;
      return {
        limit: within(state.limit * (cuts > 2 ? DEEP_CUT : CUT)),
        phase: isUntried ? 'slowStart' : 'climbing',
        ceiling: isUntried ? Number.POSITIVE_INFINITY : state.limit,
        cuts,
        cleanRounds: 0,
        cutAtMs: nowMs,
        quietUntilMs: nowMs + quietMs,
        pausedUntilMs: isSoon ? nowMs + quietMs : nowMs + retryAfterMs,
        heldSinceMs: 0,
      };
    };
    const grow = ({ nowMs }: LimitSample, state: AimdState): AimdState => {
      const { limit, phase, ceiling, heldSinceMs } = state;
      const cleanRounds = state.cleanRounds + 1;
      if (phase === 'slowStart') return { ...state, cleanRounds, limit: within(limit * SLOW_START) };
      if (phase === 'climbing' && ceiling === Number.POSITIVE_INFINITY)
        return { ...state, cleanRounds, limit: within(limit * growthAfter(cleanRounds)) };
      const wanted = within(limit * GROWTH);
      if (wanted <= ceiling * BELOW_CEILING) return { ...state, limit: wanted };
      if (phase === 'climbing') {
        const held = Math.max(limit, ceiling * BELOW_CEILING);
        return { ...state, limit: held, phase: 'holding', heldSinceMs: nowMs };
      }
      if (nowMs - heldSinceMs < probeMs) return state;
      return {
        ...state,
        limit: wanted,
        phase: 'climbing',
        ceiling: Number.POSITIVE_INFINITY,
        cleanRounds: 0,
      };
    };
    return {
      begin: (limit) => ({
        limit: within(limit),
        phase: 'slowStart',
        ceiling: Number.POSITIVE_INFINITY,
        cutAtMs: Number.NEGATIVE_INFINITY,
        quietUntilMs: Number.NEGATIVE_INFINITY,
        pausedUntilMs: Number.NEGATIVE_INFINITY,
        heldSinceMs: 0,
        cuts: 0,
        cleanRounds: 0,
      }),
      decide(sample, state) {
        if (sample.refused > 0) return cut(sample, state);
        if (sample.nowMs < state.quietUntilMs) return state;
        if (hasLost(sample)) return { ...state, limit: within(state.limit * LOSS), phase: 'climbing' };
        if (sample.succeeded === 0 || sample.use < WELL_USED) return state;
        return grow(sample, state);
      },
    };
  };
}

/** What a clean round above the ceiling multiplies the limit by. */
function growthAfter(cleanRounds: number): number {
  const doublings = Math.max(0, cleanRounds - GONE_AFTER_ROUNDS);
  return Math.min(SLOW_START, 1 + (GROWTH - 1) * 2 ** doublings);
}
