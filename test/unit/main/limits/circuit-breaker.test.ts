import { describe, expect, it } from 'vitest';
import { Admission } from '../../../../src/main/limits/admission.js';
import { CircuitBreaker, type CircuitBreakerOptions } from '../../../../src/main/limits/circuit-breaker.js';
import { MillraceError } from '../../../../src/shared/errors.js';
import { VirtualClock } from '../../../../src/shared/virtual-clock.js';

const NONE = { inputTokens: 0, outputTokens: 0 };
const DOWN = new MillraceError('MILLRACE_CALL_FAILED', '503', { category: 'transient', sent: true });
const REFUSED = new MillraceError('MILLRACE_CALL_FAILED', '429', { category: 'retryable', sent: true });
const ABORTED = new DOMException('aborted', 'AbortError');

function scene(options: CircuitBreakerOptions = {}) {
  const clock = new VirtualClock();
  const changes: string[] = [];
  const breaker = new CircuitBreaker({ ...options, clock, onChange: (to) => changes.push(to) });
  const admission = new Admission([breaker], clock);
  const call = (error?: unknown, durationMs = 1) => {
    const lease = admission.tryAcquire(NONE);
    lease?.end({ sent: error === undefined ? true : 'unknown', error, durationMs });
    return lease !== undefined;
  };
  const calls = (count: number, error?: unknown, durationMs = 1) => {
    for (let i = 0; i < count; i++) call(error, durationMs);
  };
  return { clock, changes, breaker, admission, call, calls };
}

describe('CircuitBreaker', () => {
  it('opens at the share of failures, but not before the minimum of calls', () => {
    const { breaker, calls } = scene();
    calls(9, DOWN);
    expect(breaker.state).toBe('closed');
    calls(1, DOWN);
    expect(breaker.state).toBe('open');
  });

  it('looks at the last calls only', () => {
    const { breaker, calls } = scene({ windowCalls: 20 });
    calls(11);
    calls(9, DOWN);
    calls(20);
    calls(9, DOWN);
    expect(breaker.state).toBe('closed');
    calls(1, DOWN);
    expect(breaker.state).toBe('open');
  });

  it('looks at the calls of a time, if it is told so', async () => {
    const { clock, breaker, calls } = scene({ windowMs: 10_000 });
    calls(9, DOWN);
    await clock.advance(11_001);
    calls(9, DOWN);
    expect(breaker.state).toBe('closed');
    calls(1, DOWN);
    expect(breaker.state).toBe('open');
  });

  it('opens at a number of failures, whatever their share', () => {
    const { breaker, calls } = scene({ failureThreshold: 3 });
    calls(50);
    calls(2, DOWN);
    expect(breaker.state).toBe('closed');
    calls(1, DOWN);
    expect(breaker.state).toBe('open');
  });

  it('opens at the share of slow calls', () => {
    const { breaker, calls } = scene({ slowCallMs: 100, slowCallRate: 0.5 });
    calls(5);
    calls(5, undefined, 101);
    expect(breaker.state).toBe('open');
  });

  it('leaves refusals, aborts and bad items out of account', () => {
    const { breaker, calls } = scene();
    calls(50, REFUSED);
    calls(50, ABORTED);
    calls(50, new MillraceError('MILLRACE_CALL_FAILED', '400', { sent: true }));
    expect(breaker.state).toBe('closed');
  });

  it('opens when all calls were refused for long, and none succeeded', async () => {
    const { clock, breaker, call } = scene({ noSuccessMs: 10_000 });
    call(REFUSED);
    await clock.advance(9000);
    call();
    call(REFUSED);
    await clock.advance(9000);
    call(REFUSED);
    expect(breaker.state).toBe('closed');
    await clock.advance(1000);
    call(REFUSED);
    expect(breaker.state).toBe('open');
  });

  it('lets exactly so many probes through when its time is over, and closes when they are good', async () => {
    const { clock, changes, breaker, admission, calls } = scene({ openMs: 1000, halfOpenProbes: 2 });
    calls(10, DOWN);
    const waiting = [1, 2, 3, 4].map(() => admission.acquire(NONE));
    let through = 0;
    for (const wait of waiting) void wait.then(() => through++);
    await clock.advance(999);
    expect(through).toBe(0);
    await clock.advance(1);
    expect(through).toBe(2);
    const [a, b] = await Promise.all(waiting.slice(0, 2));
    a!.end({ sent: true, durationMs: 1 });
    expect(breaker.state).toBe('halfOpen');
    b!.end({ sent: true, durationMs: 1 });
    await clock.advance(0);
    expect(through).toBe(4);
    expect(changes).toEqual(['open', 'halfOpen', 'closed']);
    expect(clock.pending).toBe(0);
  });

  it('stays open twice as long when probes fail, up to a bound', async () => {
    const { clock, breaker, call, calls } = scene({ openMs: 1000, maxOpenMs: 3000, halfOpenProbes: 1 });
    calls(10, DOWN);
    for (const openMs of [1000, 2000, 3000, 3000]) {
      await clock.advance(openMs - 1);
      expect(call(DOWN)).toBe(false);
      await clock.advance(1);
      expect(call(DOWN)).toBe(true);
      expect(breaker.state).toBe('open');
    }
  });

  it('gives the place of a probe back that was aborted or refused', async () => {
    const { clock, breaker, call, calls } = scene({ halfOpenProbes: 1 });
    calls(10, DOWN);
    await clock.advance(1000);
    expect(call(ABORTED)).toBe(true);
    expect(call(REFUSED)).toBe(true);
    expect(breaker.state).toBe('halfOpen');
    expect(call()).toBe(true);
    expect(breaker.state).toBe('closed');
  });

  it('does not hang half open when a probe does', async () => {
    const { clock, changes, admission, calls } = scene({
      halfOpenProbes: 1,
      openMs: 1000,
      maxHalfOpenMs: 5000,
    });
    calls(10, DOWN);
    await clock.advance(1000);
    const hung = admission.tryAcquire(NONE)!;
    const next = admission.acquire(NONE);
    await clock.advance(5000 + 2000);
    hung.end({ sent: true, durationMs: 7000 });
    (await next).end({ sent: true, durationMs: 1 });
    expect(changes).toEqual(['open', 'halfOpen', 'open', 'halfOpen', 'closed']);
  });

  it('passes over calls that began in another state', () => {
    const { breaker, admission, calls } = scene();
    const late = admission.tryAcquire(NONE)!;
    calls(10, DOWN);
    breaker.close();
    late.end({ sent: true, error: DOWN, durationMs: 1 });
    calls(9, DOWN);
    expect(breaker.state).toBe('closed');
  });

  it('can be forced open and disabled', async () => {
    const { clock, breaker, admission, calls, call } = scene();
    breaker.forceOpen();
    const waiting = admission.acquire(NONE);
    await clock.advance(1_000_000);
    breaker.disable();
    (await waiting).end({ sent: true, durationMs: 1 });
    calls(100, DOWN);
    expect(breaker.state).toBe('disabled');
    breaker.close();
    expect(call()).toBe(true);
  });

  it('rejects instead of waiting, if it is told so', async () => {
    const { admission, calls } = scene({ whenOpen: 'reject' });
    calls(10, DOWN);
    await expect(admission.acquire(NONE)).rejects.toMatchObject({
      code: 'MILLRACE_CIRCUIT_OPEN',
      category: 'transient',
      sent: false,
    });
  });
});
