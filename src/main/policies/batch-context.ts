import { ContextLayer } from '../run/context-layer.js';
import type { AttemptReport, StepContext } from '../run/step.js';

/** An item of a call, as far as the call's context concerns it. */
interface Sharer {
  readonly tokens: number;
  readonly context: StepContext;
}

/**
 * The context of a call for several items: that of the item which makes it, but for a signal that aborts only when
 * nobody wants the call any more. What the call reports is told to all its items, each with its share of the usage.
 */
export class BatchContext extends ContextLayer implements Disposable {
  private readonly controller = new AbortController();
  private readonly listeners: (() => void)[] = [];
  private wanted: number;

  constructor(
    leader: Sharer,
    private readonly members: readonly Sharer[],
  ) {
    super(leader.context);
    this.wanted = members.length;
    for (const { context } of members) this.follow(context.signal);
  }

  override get signal(): AbortSignal {
    return this.controller.signal;
  }

  override get priority(): number {
    return this.members.reduce((most, { context }) => Math.min(most, context.priority), this.under.priority);
  }

  override get report() {
    return ({ usage, attempt, sent, ...facts }: AttemptReport): void => {
      this.under.report(facts);
      const shared = { ...(attempt !== undefined && { attempt }), ...(sent !== undefined && { sent }) };
      if (usage === undefined && Object.keys(shared).length === 0) return;
      const inputTokens = this.shares(usage?.inputTokens ?? 0);
      const outputTokens = this.shares(usage?.outputTokens ?? 0);
      this.members.forEach(({ context }, i) => {
        const own = { inputTokens: inputTokens[i]!, outputTokens: outputTokens[i]! };
        context.report({ ...shared, ...(usage && { usage: own }) });
      });
    };
  }

  [Symbol.dispose](): void {
    for (const remove of this.listeners) remove();
  }

  private follow(signal: AbortSignal): void {
    const onAbort = () => {
      this.wanted--;
      if (this.wanted === 0) this.controller.abort(signal.reason);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    this.listeners.push(() => signal.removeEventListener('abort', onAbort));
  }

  /** Whole shares by the items' tokens, which add up to `total`. */
  private shares(total: number): number[] {
    const weights = this.members.map(({ tokens }) => tokens || 1);
    const sum = weights.reduce((all, weight) => all + weight, 0);
    let before = 0;
    let given = 0;
    return weights.map((weight) => {
      before += weight;
      const share = Math.round((total * before) / sum) - given;
      given += share;
      return share;
    });
  }
}
