import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TileLedger } from '../../../src/shared/tile-ledger.js';

describe('TileLedger', () => {
  it('hands out every tile once, and nothing after that', () => {
    const ledger = TileLedger.create(5);
    const other = new TileLedger(ledger.buffer);
    const claimed = [ledger.claim(1), other.claim(2), ledger.claim(1), other.claim(2), ledger.claim(1)];
    expect(claimed.sort()).toEqual([0, 1, 2, 3, 4]);
    expect([ledger.claim(1), other.claim(2), ledger.hasFree()]).toEqual([-1, -1, false]);
  });

  it('publishes a tile once', () => {
    const ledger = TileLedger.create(1);
    ledger.claim(1);
    expect([ledger.publish(0), ledger.publish(0)]).toEqual([true, false]);
  });

  it('loses and doubles no tile, however copies claim, hand over and die, and tiles are withdrawn', () => {
    const action = fc.record({
      copy: fc.integer({ min: 1, max: 4 }),
      does: fc.constantFrom('claim', 'claim', 'publish', 'die', 'withdraw'),
    });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), fc.array(action, { maxLength: 80 }), (tiles, actions) => {
        const ledger = TileLedger.create(tiles);
        const held = new Map<number, number[]>();
        const published = new Set<number>();
        let withdrawn = 0;
        for (const { copy, does } of actions) {
          const mine = held.get(copy) ?? [];
          held.set(copy, mine);
          if (does === 'claim') {
            const tile = ledger.claim(copy);
            if (tile === -1) continue;
            expect([...held.values()].flat()).not.toContain(tile);
            expect(published.has(tile)).toBe(false);
            mine.push(tile);
          } else if (does === 'publish') {
            const tile = mine.pop();
            if (tile === undefined) continue;
            expect(ledger.publish(tile)).toBe(true);
            published.add(tile);
          } else if (does === 'withdraw') {
            withdrawn += ledger.withdraw();
          } else {
            ledger.release(copy);
            held.set(copy, []);
          }
          const taken = [...held.values()].flat().length + published.size + withdrawn;
          expect(ledger.hasFree()).toBe(taken < tiles);
        }
        for (const copy of held.keys()) ledger.release(copy);
        const rest: number[] = [];
        for (let tile = ledger.claim(9); tile !== -1; tile = ledger.claim(9)) rest.push(tile);
        expect(new Set([...published, ...rest]).size).toBe(tiles - withdrawn);
        expect(published.size + rest.length).toBe(tiles - withdrawn);
      }),
      { numRuns: 500 },
    );
  });
});
