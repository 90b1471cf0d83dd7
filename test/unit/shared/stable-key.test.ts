import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stableKey } from '../../../src/shared/stable-key.js';

describe('stableKey', () => {
  it('is the same for equal values, whatever the order of their keys', () => {
    expect(stableKey({ a: 1, b: [2, { c: 3, d: 4 }] })).toBe(stableKey({ b: [2, { d: 4, c: 3 }], a: 1 }));
    expect(stableKey(Object.assign(Object.create(null), { a: 1 }))).toBe(stableKey({ a: 1 }));
    expect(stableKey('text')).toMatch(/^[-\w]{43}$/);
  });

  it('never changes, since it names what is on disk', () => {
    expect(stableKey({ text: 'hello', n: [1, null] })).toMatchInlineSnapshot(
      `"sJVHXvsD0Zl5bHMLmh9_2FguJJqCX_bcZWKb8f1-xyA"`,
    );
  });

  it('differs for values that differ, however alike', () => {
    const values = [
      ...[undefined, null, true, false, 0, -0, 1, 1n, Number.NaN, '', '1', 'undefined', 'null', 'd1'],
      ...[[], [1], ['1'], [[1]], [1, 2], [[1], 2], [[1, 2]], {}, { a: undefined }, { a: 1 }, { a: { b: 1 } }],
      ...[{ a: 1, b: 2 }, ['a', 1], new Map([['a', 1]]), new Set(['a', 1]), new Date(0), new Date(1)],
      ...['\ud800', '\ud801', '\ufffd', 's1:a', 'a', new Uint8Array([1]), new Int8Array([1])],
      ...[new Uint8Array([1, 2]), new Uint8Array([1]).buffer, new Map([['a', [1]]]), new Map([['a', [[1]]]])],
    ];
    expect(new Set(values.map(stableKey)).size).toBe(values.length);
  });

  it('agrees with deep equality', () => {
    const values = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(values, values, (a, b) => {
        const copy = JSON.parse(JSON.stringify(a)) as unknown;
        expect(stableKey(copy) === stableKey(JSON.parse(JSON.stringify(b)))).toBe(
          canonical(copy) === canonical(b),
        );
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['functions', () => 1],
    ['symbols', Symbol('s')],
    ['instances', { deep: new URL('https://example.org') }],
  ])('refuses %s, and names the way out', (_, value) => {
    expect(() => stableKey(value)).toThrow(/give the option "key" instead/);
  });

  it('refuses cycles', () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(() => stableKey(cycle)).toThrow(expect.objectContaining({ code: 'MILLRACE_INVALID_ARGUMENT' }));
  });
});

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
