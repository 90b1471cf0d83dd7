import type { Missing } from '../compare.js';
import { importPackage } from '../native/load-package.js';

/** What is used of the package `p-map`. */
export interface PMap {
  default<I, O>(
    inputs: Iterable<I> | AsyncIterable<I>,
    step: (input: I) => Promise<O>,
    options: { concurrency: number },
  ): Promise<O[]>;
  pMapIterable<I, O>(
    inputs: AsyncIterable<I>,
    step: (input: I) => Promise<O>,
    options: { concurrency: number; backpressure: number },
  ): AsyncIterable<O>;
}

/** What is used of the package `p-queue`. */
export interface PQueue {
  default: new (options: {
    concurrency: number;
    interval?: number;
    intervalCap?: number;
  }) => {
    add<O>(work: () => Promise<O>, options?: { priority: number }): Promise<O>;
    onIdle(): Promise<void>;
  };
}

/** What is used of the package `bottleneck`. */
export interface Bottleneck {
  default: new (options: {
    maxConcurrent: number | null;
    heartbeatInterval?: number;
    reservoir?: number;
    reservoirIncreaseInterval?: number;
    reservoirIncreaseAmount?: number;
    reservoirIncreaseMaximum?: number;
  }) => {
    schedule<O>(options: { weight: number }, work: () => Promise<O>): Promise<O>;
    disconnect(): void;
  };
}

/** What is used of the package `cockatiel`. */
export interface Cockatiel {
  handleAll: unknown;
  TimeoutStrategy: { Cooperative: string };
  ConsecutiveBreaker: new (failures: number) => unknown;
  retry(handled: unknown, options: { maxAttempts: number }): unknown;
  circuitBreaker(handled: unknown, options: { halfOpenAfter: number; breaker: unknown }): unknown;
  timeout(ms: number, strategy: string): unknown;
  wrap(...policies: readonly unknown[]): { execute<O>(work: () => Promise<O>): Promise<O> };
}

/** What is used of the package `@sinonjs/fake-timers`. */
export interface FakeTimers {
  install(options: { toFake: readonly string[] }): {
    tickAsync(ms: number): Promise<number>;
    uninstall(): void;
  };
}

export interface FlowPeers {
  fakeTimers: FakeTimers | Missing;
  pMap: PMap | Missing;
  pQueue: PQueue | Missing;
  bottleneck: Bottleneck | Missing;
  cockatiel: Cockatiel | Missing;
}

export async function loadFlowPeers(): Promise<FlowPeers> {
  return {
    fakeTimers: await importPackage<FakeTimers>('@sinonjs/fake-timers'),
    pMap: await importPackage<PMap>('p-map'),
    pQueue: await importPackage<PQueue>('p-queue'),
    bottleneck: await importPackage<Bottleneck>('bottleneck'),
    cockatiel: await importPackage<Cockatiel>('cockatiel'),
  };
}
