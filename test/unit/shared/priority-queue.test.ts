import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PriorityQueue } from '../../../src/shared/priority-queue.js';

const command = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom('shift' as const, 'filter' as const),
);

describe('PriorityQueue', () => {
  it('goes by key, first in first out inside one, like a stable sort', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 200 }), (commands) => {
        const queue = new PriorityQueue<{ key: number; number: number }>();
        let model: { key: number; number: number }[] = [];
        for (const [number, key] of commands.entries()) {
          if (key === 'shift') {
            expect(queue.peek()).toBe(model[0]);
            expect(queue.peekKey()).toBe(model[0]?.key);
            expect(queue.shift()).toBe(model.shift());
          } else if (key === 'filter') {
            const isKept = (entry: { number: number }) => entry.number % 3 !== 0;
            queue.filter(isKept);
            model = model.filter(isKept);
          } else {
            const entry = { key, number };
            queue.push(entry, key);
            model.push(entry);
            model.sort((a, b) => a.key - b.key);
          }
          expect(queue.size).toBe(model.length);
        }
        while (model.length > 0) expect(queue.shift()).toBe(model.shift());
        expect(queue.shift()).toBeUndefined();
      }),
    );
  });

  it('puts equal keys in the order of their tickets, if they are given', () => {
    const queue = new PriorityQueue<string>();
    queue.push('second', 1, 20);
    queue.push('first', 1, 10);
    expect([queue.shift(), queue.shift()]).toEqual(['first', 'second']);
  });
});
