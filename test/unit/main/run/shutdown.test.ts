import { describe, expect, it } from 'vitest';
import { createShutdown } from '../../../../src/main/run/shutdown.js';
import { VirtualClock } from '../../../../src/shared/virtual-clock.js';

describe('createShutdown', () => {
  it('drains first, then aborts', () => {
    const clock = new VirtualClock();
    using shutdown = createShutdown({ clock });
    shutdown.shutdown();
    expect([shutdown.draining.aborted, shutdown.signal.aborted]).toEqual([true, false]);
    expect(shutdown.draining.reason).toMatchObject({ code: 'MILLRACE_SHUTDOWN', scope: 'run' });
    shutdown.shutdown();
    expect(shutdown.signal.reason.message).toMatch(/while it was draining/);
    expect(shutdown.exitCode).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('aborts at the deadline', async () => {
    const clock = new VirtualClock();
    using shutdown = createShutdown({ clock, deadlineMs: 500 });
    shutdown.shutdown();
    await clock.advance(499);
    expect(shutdown.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(shutdown.signal.reason.message).toMatch(/not drained after 500 ms/);
  });

  it('listens to signals of the process until it is disposed of', () => {
    const clock = new VirtualClock();
    const before = process.listenerCount('SIGUSR2');
    const shutdown = createShutdown({ clock, signals: ['SIGUSR2'] });
    expect(process.listenerCount('SIGUSR2')).toBe(before + 1);
    process.emit('SIGUSR2', 'SIGUSR2');
    expect(shutdown.draining.aborted).toBe(true);
    expect(shutdown.exitCode).toBeGreaterThan(128);
    shutdown[Symbol.dispose]();
    expect(process.listenerCount('SIGUSR2')).toBe(before);
    expect(clock.pending).toBe(0);
  });

  it('refuses names that are no signals', () => {
    expect(() => createShutdown({ signals: ['SIGNONE' as 'SIGINT'] })).toThrow(/"signals.0": expected names/);
  });
});
