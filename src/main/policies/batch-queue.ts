import type { Clock } from '../../shared/clock.js';
import type { StepContext } from '../run/step.js';

/** How much one call may take. */
export interface BatchBounds {
  readonly maxItems: number;
  readonly maxTokens: number;
  readonly maxDelayMs: number;
}

/** How an item of a batch ended. */
export type MemberEnding<O> = { readonly value: O } | { readonly thrown: unknown };

/** An item in a batch. */
export class Member<I, O> {
  /** Only the first end counts. */
  end!: (ending: MemberEnding<O>) => void;
  readonly ending = new Promise<MemberEnding<O>>((resolve) => {
    this.end = resolve;
  });
  /** Asks it to make the call for all. */
  ask!: () => void;
  readonly asked = new Promise<'lead'>((resolve) => {
    this.ask = () => resolve('lead');
  });

  constructor(
    readonly input: I,
    readonly tokens: number,
    readonly context: StepContext,
  ) {}
}

/** Items that go into one call, until somebody takes them to make it. */
export class Batch<I, O> {
  private readonly waiting = new Set<Member<I, O>>();
  private tokens = 0;
  private state: 'filling' | 'due' | 'sent' = 'filling';

  constructor(
    private readonly bounds: BatchBounds,
    private readonly onDue: () => void,
  ) {}

  get isFull(): boolean {
    return this.waiting.size >= this.bounds.maxItems || this.tokens >= this.bounds.maxTokens;
  }

  fits({ tokens }: Member<I, O>): boolean {
    if (this.waiting.size === 0) return true;
    return this.waiting.size < this.bounds.maxItems && this.tokens + tokens <= this.bounds.maxTokens;
  }

  add(member: Member<I, O>): void {
    this.waiting.add(member);
    this.tokens += member.tokens;
  }

  /** Takes nobody in any more, and asks the first to make the call. */
  fallDue(): void {
    if (this.state !== 'filling') return;
    this.state = 'due';
    this.onDue();
    this.askNext();
  }

  /** A member gave up. False if it is too late, because the call is made. */
  leave(member: Member<I, O>): boolean {
    if (this.state === 'sent') return false;
    const wasFirst = this.waiting.values().next().value === member;
    if (!this.waiting.delete(member)) return true;
    this.tokens -= member.tokens;
    if (this.waiting.size === 0) this.fallDue();
    else if (this.state === 'due' && wasFirst) this.askNext();
    return true;
  }

  /** Gives the members to the one who makes the call. */
  take(): Member<I, O>[] {
    if (this.state === 'filling') this.onDue();
    this.state = 'sent';
    return [...this.waiting];
  }

  private askNext(): void {
    this.waiting.values().next().value?.ask();
  }
}

/** Packs the items of one run into batches, in the order in which they come. */
export class BatchQueue<I, O> {
  private open: Batch<I, O> | undefined;

  constructor(
    private readonly bounds: BatchBounds,
    private readonly clock: Clock,
  ) {}

  /** The batch that the item is in now. If that is full, the item is to make the call. */
  join(member: Member<I, O>): Batch<I, O> {
    if (this.open !== undefined && !this.open.fits(member)) this.open.fallDue();
    this.open ??= this.begin();
    const batch = this.open;
    batch.add(member);
    return batch;
  }

  private begin(): Batch<I, O> {
    const batch: Batch<I, O> = new Batch(this.bounds, () => {
      cancel();
      if (this.open === batch) this.open = undefined;
    });
    const cancel = this.clock.schedule(() => batch.fallDue(), this.bounds.maxDelayMs);
    return batch;
  }
}
