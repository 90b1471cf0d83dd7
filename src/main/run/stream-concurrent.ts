import { MillraceError } from '../../shared/errors.js';
import { Engine } from './engine.js';
import { NumberLine } from './number-line.js';
import { planStream, type StreamOptions } from './run-options.js';
import type { Inputs, Outcome, Step } from './step.js';

/**
 * Runs `step` on every input, `options.concurrency` of them at once, goes on after errors, and yields how each
 * item ended as soon as it has ended (with `ordered: true`, in the order of the inputs). It starts with the first
 * `next()`, and can be iterated once.
 *
 * A slow consumer stops the producer: an outcome counts as pending until the consumer asks for the next one, and
 * at most `maxPending` items are. Leaving the loop aborts what runs, waits for it, and closes the input (its
 * iterator's `return()`). When the run itself fails, outcomes that were not consumed yet are dropped.
 *
 * @throws from the call: MillraceError `MILLRACE_INVALID_ARGUMENT`, also for a second iteration. From `next()`:
 * `options.signal.reason`; what the input, `key`, `onError` or `progress` threw.
 *
 * @example
 * const lengths = streamConcurrent(['one', 'three', 'five'], async (word) => word.length, { ordered: true });
 * for await (const outcome of lengths) {
 *   if (outcome.state === 'done') console.log(outcome.key, outcome.value);
 * }
 */
export function streamConcurrent<I, O>(
  inputs: Inputs<I>,
  step: Step<I, O>,
  options: StreamOptions<I> = {},
): AsyncIterable<Outcome<O>> {
  const { ordered, ...plan } = planStream('streamConcurrent', inputs, step, options);
  const buffer = new OutcomeBuffer<O>(ordered);
  const engine = new Engine<I, O>(plan, inputs, step, (outcome) => buffer.put(outcome));
  const outcomes = drain(engine, buffer);
  const leave = () => engine.leave(new DOMException('Nobody reads the outcomes any more', 'AbortError'));
  const iterator: AsyncIterableIterator<Outcome<O>> = {
    next: () => outcomes.next(),
    // Stops at once, although a generator answers only after a next() that is still under way.
    return: () => {
      leave();
      return outcomes.return();
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  let isTaken = false;
  return {
    [Symbol.asyncIterator]() {
      if (isTaken)
        throw new MillraceError('MILLRACE_INVALID_ARGUMENT', 'streamConcurrent: iterated a second time');
      isTaken = true;
      return iterator;
    },
  };
}

async function* drain<I, O>(
  engine: Engine<I, O>,
  buffer: OutcomeBuffer<O>,
): AsyncGenerator<Outcome<O>, void, void> {
  let isOver = false;
  const end = engine.run().finally(() => {
    isOver = true;
    buffer.wake();
  });
  end.catch(() => {}); // Whoever reads to the end gets it from below.
  try {
    while (!isOver && !engine.abort.aborted) {
      const outcome = buffer.take();
      if (outcome === undefined) {
        await buffer.changed();
      } else {
        yield outcome;
        engine.release();
      }
    }
  } finally {
    await end;
  }
}

/** Outcomes that nobody has consumed yet. */
class OutcomeBuffer<O> {
  private readonly outcomes = new NumberLine<Outcome<O>>();
  private settled = 0;
  /** Wakes the consumer that waits for a change. */
  wake = () => {};

  constructor(private readonly ordered: boolean) {}

  put(outcome: Outcome<O>): void {
    this.outcomes.put(this.ordered ? outcome.index : this.settled, outcome);
    this.settled++;
    this.wake();
  }

  take(): Outcome<O> | undefined {
    return this.outcomes.take();
  }

  changed(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}
