import type { TransportedError } from './error-transport.js';

/** What a thread asks of a cache in another one. Each request has a number, and one answer. */
export type CacheRequest = { readonly id: number } & (
  | { readonly op: 'get' | 'has' | 'delete' | 'claim'; readonly key: string }
  | { readonly op: 'set'; readonly key: string; readonly value: unknown }
);

/** What a thread tells of a key that it claimed: how its load ended, or that its caller has given up. */
export type CacheNotice = { readonly id: number } & (
  | { readonly op: 'loaded'; readonly value: unknown }
  | { readonly op: 'failed'; readonly error: TransportedError }
  | { readonly op: 'left' }
);

/** The answer; or before it, for a claim: load it yourself, and stop loading, since nobody wants it any more. */
export type CacheReply = { readonly id: number } & (
  | { readonly op: 'done'; readonly value: unknown }
  | { readonly op: 'failed'; readonly error: TransportedError }
  | { readonly op: 'load' | 'abort' }
);
