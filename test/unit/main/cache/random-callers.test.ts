import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ThreadSafeCache } from '../../../../src/main/cache/thread-safe-cache.js';
import { sleep } from '../../../../src/shared/clock.js';
import { VirtualClock } from '../../../../src/shared/virtual-clock.js';

const KEYS = ['a', 'b', 'c'];

it('does what a map would do that remembers the last of so many, for calls one after the other', async () => {
  const operation = fc.record({
    kind: fc.constantFrom('get', 'set', 'delete', 'load', 'fail', 'pass' as const),
    key: fc.constantFrom(...KEYS, 'd', 'e'),
    value: fc.constantFrom<unknown>(1, undefined, null, 'x'),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(operation, { maxLength: 60 }),
      fc.integer({ min: 1, max: 4 }),
      async (list, most) => {
        const clock = new VirtualClock();
        await clock.advance(1);
        const cache = new ThreadSafeCache({ maxEntries: most, ttlMs: 100, clock });
        /** In the order of use. */
        const model = new Map<string, { value: unknown; until: number }>();
        const look = (key: string) => {
          const found = model.get(key);
          model.delete(key);
          if (found === undefined || found.until < clock.now()) return undefined;
          model.set(key, found);
          return found;
        };
        const keep = (key: string, value: unknown) => {
          model.delete(key);
          model.set(key, { value, until: clock.now() + 100 });
          if (model.size > most) model.delete(model.keys().next().value!);
        };
        for (const { kind, key, value } of list) {
          if (kind === 'pass') await clock.advance(60);
          else if (kind === 'get') expect(await cache.get(key)).toBe(look(key)?.value);
          else if (kind === 'set') {
            await cache.set(key, value);
            keep(key, value);
          } else if (kind === 'delete') {
            await cache.delete(key);
            model.delete(key);
          } else {
            const found = look(key);
            const load = async () => {
              if (kind === 'fail') throw new Error('no');
              return value;
            };
            const call = cache.getOrLoad(key, load);
            if (found !== undefined) expect(await call).toBe(found.value);
            else if (kind === 'fail') await expect(call).rejects.toThrow('no');
            else {
              expect(await call).toBe(value);
              keep(key, value);
            }
          }
          for (const other of KEYS) {
            const known = model.get(other);
            expect(await cache.has(other)).toBe(known !== undefined && known.until >= clock.now());
          }
        }
      },
    ),
    { numRuns: 200 },
  );
});

it('keeps one flight a key and serves everybody who stays, under random aborts', async () => {
  const caller = fc.record({
    key: fc.constantFrom(...KEYS),
    at: fc.integer({ min: 0, max: 100 }),
    abortAfter: fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined }),
    takes: fc.integer({ min: 0, max: 50 }),
    fails: fc.boolean(),
    listens: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(caller, { minLength: 1, maxLength: 40 }), async (callers) => {
      const clock = new VirtualClock();
      const cache = new ThreadSafeCache<string>();
      const wanted = new Map<string, number>(KEYS.map((key) => [key, 0]));
      let active = 0;
      const call = async (who: (typeof callers)[number], number: number) => {
        await sleep(clock, who.at);
        const controller = new AbortController();
        const { signal } = controller;
        const cancel =
          who.abortAfter === undefined
            ? () => {}
            : clock.schedule(() => controller.abort(`left ${number}`), who.abortAfter);
        try {
          const value = await cache.getOrLoad(
            who.key,
            async (inner) => {
              // Those that nobody wants any more may still be on their way.
              const open = wanted.get(who.key)! + 1;
              expect(open).toBe(1);
              wanted.set(who.key, open);
              active++;
              let isWanted = true;
              const release = () => {
                if (isWanted) wanted.set(who.key, wanted.get(who.key)! - 1);
                isWanted = false;
              };
              inner.addEventListener('abort', release, { once: true });
              try {
                await sleep(clock, who.takes, who.listens ? inner : undefined);
                if (who.fails) throw new Error('failed');
                return `${who.key}-value`;
              } finally {
                release();
                active--;
                inner.removeEventListener('abort', release);
              }
            },
            { signal },
          );
          return { value, signal };
        } catch (error) {
          return { error, signal, number };
        } finally {
          cancel();
        }
      };
      const endings = await clock.run(Promise.all(callers.map(call)));
      await clock.advance(1000);
      for (const ending of endings) {
        expect(getEventListeners(ending.signal, 'abort')).toHaveLength(0);
        if ('value' in ending) expect(ending.value).toMatch(/^[abc]-value$/);
        else if (ending.signal.aborted) expect(ending.error).toBe(`left ${ending.number}`);
        // Whoever stayed never gets somebody else's abort.
        else expect(ending.error).toMatchObject({ message: 'failed' });
      }
      expect(active).toBe(0);
      expect(clock.pending).toBe(0);
      for (const key of KEYS) expect(cache.joinable(key)).toBeUndefined();
    }),
    { numRuns: 300 },
  );
});
