/** A value as a store keeps it. */
export interface StoredValue {
  readonly value: unknown;
  /** The cache's `version` when it was stored: values of other versions are not used. */
  readonly version: string;
  /** Milliseconds since 1970; undefined never expires. */
  readonly expiresAt?: number | undefined;
}

/**
 * Where a cache keeps values that survive the process. Keys are 43 characters of base64url. A cache goes on without
 * what a store can't give: its errors count as misses.
 */
export interface CacheStore {
  get(key: string): Promise<StoredValue | undefined> | StoredValue | undefined;
  /** Ends when it is durable. */
  set(key: string, stored: StoredValue): Promise<void> | void;
  delete(key: string): Promise<void> | void;
  close(): Promise<void>;
}
