/** A cache that several threads share, as any of them sees it. Values cross threads by structured clone. */
export interface SharedCache<V = unknown> {
  /** The value, or undefined if there is none (or if it is undefined: `has` tells). */
  get(key: string): Promise<V | undefined>;
  has(key: string): Promise<boolean>;
  set(key: string, value: V): Promise<void>;
  delete(key: string): Promise<void>;
  /**
   * The value; where there is none, what `load` gives. Of all who ask for a key at the same time, in whatever thread,
   * one loads and the others wait for it. A caller who aborts gives up alone: only when all have is the load aborted,
   * by the signal that it was given. What it throws goes to all who wait, and is not kept. A load must not ask for its
   * own key.
   */
  getOrLoad(
    key: string,
    load: (signal: AbortSignal) => Promise<V> | V,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<V>;
}
