/** What those who were on a flight get when it failed only because whoever began it had given up. */
export const AGAIN = Symbol('millrace.again');

/**
 * One load that any number of callers wait for. A caller who gives up leaves the others alone; when all have given up
 * the load is aborted. If it fails after its first caller gave up, it may have failed for that, so the others are told
 * to try again with a load of their own.
 */
export class Flight<V> {
  private readonly controller = new AbortController();
  private result!: Promise<V>;
  private aboard = 0;

  /**
   * @param leader - the signal of the caller who began it
   * @param onEnd - it is over, or nobody wants it any more: called before anybody goes on
   */
  constructor(
    private readonly leader: AbortSignal | undefined,
    private readonly onEnd: () => void,
  ) {}

  /** Calls `load`, at once. */
  start(load: (signal: AbortSignal) => Promise<V> | V): void {
    this.result = this.fly(load);
    this.result.catch(() => {});
  }

  /** The value, or what the load threw; `signal.reason` as soon as the signal aborts. */
  join(signal?: AbortSignal): Promise<{ readonly value: V } | typeof AGAIN> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        this.abandonIfEmpty(signal.reason);
        reject(signal.reason);
        return;
      }
      let isAboard = true;
      this.aboard++;
      const leave = () => {
        if (!isAboard) return;
        isAboard = false;
        this.aboard--;
        signal?.removeEventListener('abort', onAbort);
      };
      const onAbort = () => {
        leave();
        reject(signal?.reason);
        this.abandonIfEmpty(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.result.then(
        (value) => {
          leave();
          resolve({ value });
        },
        (error) => {
          leave();
          if (this.leader?.aborted) resolve(AGAIN);
          else reject(error);
        },
      );
    });
  }

  /** Ends when the load has ended, if nobody is aboard any more, else at once. */
  async wound(): Promise<void> {
    if (this.aboard === 0) await this.result.catch(() => {});
  }

  private async fly(load: (signal: AbortSignal) => Promise<V> | V): Promise<V> {
    try {
      return await load(this.controller.signal);
    } finally {
      this.onEnd();
    }
  }

  private abandonIfEmpty(reason: unknown): void {
    if (this.aboard > 0) return;
    this.onEnd();
    this.controller.abort(reason);
  }
}
