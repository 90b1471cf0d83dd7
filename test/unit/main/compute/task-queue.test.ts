import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TaskQueue } from '../../../../src/main/compute/task-queue.js';

describe('TaskQueue', () => {
  it('goes by priority, first in first out inside one, like a stable sort', () => {
    const command = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant('shift' as const));
    fc.assert(
      fc.property(fc.array(command, { maxLength: 200 }), (commands) => {
        const queue = new TaskQueue<{ priority: number; number: number }>();
        const model: { priority: number; number: number }[] = [];
        for (const [number, priority] of commands.entries()) {
          if (priority === 'shift') {
            expect(queue.peek()).toBe(model[0]);
            expect(queue.shift()).toBe(model.shift());
          } else {
            const entry = { priority, number };
            queue.push(entry);
            model.push(entry);
            model.sort((a, b) => a.priority - b.priority);
          }
          expect(queue.size).toBe(model.length);
        }
        while (model.length > 0) expect(queue.shift()).toBe(model.shift());
        expect(queue.shift()).toBeUndefined();
      }),
    );
  });
});
