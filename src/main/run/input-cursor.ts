import type { Inputs } from './step.js';

/** What becomes of a pull: exactly one of these, before `pull()` returns if the input is synchronous. */
interface InputReader<I> {
  item(input: I): void;
  end(): void;
  failed(error: unknown): void;
}

/** The iterator of a run's input: opened late, pulled by one call at a time, closed once. */
export class InputCursor<I> {
  private iterator: Iterator<I, unknown> | AsyncIterator<I, unknown> | undefined;
  private state: 'unopened' | 'ready' | 'pulling' | 'ended' = 'unopened';

  constructor(
    private readonly inputs: Inputs<I>,
    private readonly reader: InputReader<I>,
  ) {}

  get total(): number | undefined {
    return totalOf(this.inputs);
  }

  get canPull(): boolean {
    return this.state === 'ready';
  }

  get isOpen(): boolean {
    return this.state !== 'unopened';
  }

  get ended(): boolean {
    return this.state === 'ended';
  }

  open(): void {
    this.iterator = isAsync(this.inputs)
      ? this.inputs[Symbol.asyncIterator]()
      : this.inputs[Symbol.iterator]();
    this.state = 'ready';
  }

  pull(): void {
    this.state = 'pulling';
    try {
      const result = this.iterator!.next();
      if (isAsync(this.inputs)) void this.receive(result);
      else this.accept(result as IteratorResult<I>);
    } catch (error) {
      this.fail(error);
    }
  }

  /**
   * Tells an input that has not ended that no more is wanted, and waits for its cleaning up. Only if it is still
   * waiting for its next item it isn't waited for: that may take for ever, on an idle socket.
   */
  async close(): Promise<void> {
    if (this.state === 'unopened' || this.state === 'ended') return;
    const isPulling = this.state === 'pulling';
    this.state = 'ended';
    const cleanedUp = Promise.resolve(this.iterator!.return?.());
    if (isPulling) cleanedUp.catch(() => {});
    else await cleanedUp;
  }

  private async receive(result: IteratorResult<I> | Promise<IteratorResult<I>>): Promise<void> {
    try {
      this.accept(await result);
    } catch (error) {
      this.fail(error);
    }
  }

  private accept(result: IteratorResult<I, unknown>): void {
    if (this.state === 'pulling') this.state = result.done ? 'ended' : 'ready';
    if (result.done) this.reader.end();
    else this.reader.item(result.value);
  }

  private fail(error: unknown): void {
    if (this.state === 'pulling') this.state = 'ended';
    this.reader.failed(error);
  }
}

function isAsync<I>(inputs: Inputs<I>): inputs is AsyncIterable<I> {
  return typeof (inputs as Partial<AsyncIterable<I>>)[Symbol.asyncIterator] === 'function';
}

/** How many items there are, where the input tells. (A string's length is no count of its items.) */
export function totalOf(inputs: Inputs<unknown>): number | undefined {
  const { length, size } = inputs as { length?: unknown; size?: unknown };
  const total = length ?? size;
  return typeof inputs === 'object' && typeof total === 'number' ? total : undefined;
}
