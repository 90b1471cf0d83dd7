import { AsyncLocalStorage } from 'node:async_hooks';
import type {
  ConnectionCheckedInEvent,
  ConnectionCheckedOutEvent,
  ConnectionCheckOutFailedEvent,
  ConnectionCheckOutStartedEvent,
  ConnectionClosedEvent,
  ConnectionPoolCreatedEvent,
  MongoClient,
} from 'mongodb';
import { systemClock } from '../../shared/clock.js';
import type { PoolSample } from '../../tuning/pool-size.js';
import type { Gate, Permit } from '../limits/gate.js';
import { WaitingLine } from '../limits/waiting-line.js';

/** How a client's connections are used now, of the server where that is most. */
export interface PoolUse {
  /** The client's `maxPoolSize`; infinite if that is 0. */
  readonly size: number;
  /** Connections that are checked out, by anybody. */
  readonly inUse: number;
  /** Who waits for one in the driver's queue. */
  readonly waiting: number;
}

interface Pool {
  size: number;
  /** When each connection was checked out that is. */
  readonly out: Map<number | string, number>;
  waiting: number;
}

/** A gate for calls of a client. */
export interface PoolGate extends Gate {
  /** Makes a call that the gate has let through. */
  run<T>(call: () => Promise<T>): Promise<T>;
}

/**
 * Counts a client's connections by its events (CMAP, MongoDB's "Connection Monitoring and Pooling"): in use = checked out −
 * checked in; waiting = started − (checked out + failed). What began before it was made is not seen.
 */
export class PoolGauge {
  private readonly pools = new Map<string, Pool>();
  private readonly gates = new Map<number, PoolGate>();
  /** The call of ours that a checkout is started in. */
  private readonly caller = new AsyncLocalStorage<{ hasBegun: boolean }>();
  /** Calls that our gates have let through. */
  private admitted = 0;
  /** Those of them that have asked for their connection, so that the pools' counts include them. */
  private begun = 0;

  private uses = 0;
  private heldMs = 0;
  private readonly watchedSince = systemClock.now();

  private constructor(private readonly client: MongoClient) {
    client
      .on('connectionPoolCreated', ({ address, options }: ConnectionPoolCreatedEvent) => {
        this.pool(address).size = options.maxPoolSize || Number.POSITIVE_INFINITY;
      })
      .on('connectionCheckOutStarted', ({ address }: ConnectionCheckOutStartedEvent) => {
        this.pool(address).waiting++;
        const ours = this.caller.getStore();
        if (ours === undefined || ours.hasBegun) return;
        ours.hasBegun = true;
        this.begun++;
      })
      .on('connectionCheckOutFailed', ({ address }: ConnectionCheckOutFailedEvent) => this.waited(address))
      .on('connectionCheckedOut', ({ address, connectionId }: ConnectionCheckedOutEvent) => {
        this.waited(address);
        this.pool(address).out.set(connectionId, systemClock.now());
      })
      .on('connectionCheckedIn', (event: ConnectionCheckedInEvent) => this.returned(event))
      .on('connectionClosed', (event: ConnectionClosedEvent) => this.returned(event));
  }

  /** The gauge of a client: always the same one. Make it before the client connects. */
  static of(client: MongoClient): PoolGauge {
    const known = gauges.get(client) ?? new PoolGauge(client);
    gauges.set(client, known);
    return known;
  }

  get use(): PoolUse {
    let most: PoolUse = {
      size: this.client.options.maxPoolSize || Number.POSITIVE_INFINITY,
      inUse: 0,
      waiting: 0,
    };
    for (const { size, out, waiting } of this.pools.values())
      if (out.size + waiting > most.inUse + most.waiting) most = { size, inUse: out.size, waiting };
    return most;
  }

  /** How it was used since it is watched. */
  get sample(): PoolSample {
    const { uses, heldMs } = this;
    return { elapsedMs: systemClock.now() - this.watchedSince, uses, meanHeldMs: heldMs / uses };
  }

  /**
   * A gate that lets calls through while less than this share of the pool is in use, by whomever; of any pool it lets at
   * least one connection be used. The same one for all who ask for the same share. Default: 0.8.
   */
  gate(share = 0.8): PoolGate {
    const known = this.gates.get(share);
    if (known !== undefined) return known;
    const gate: PoolGate = {
      cause: 'connection',
      line: new WaitingLine(systemClock),
      waitMs: () => {
        const { size, inUse, waiting } = this.use;
        const load = Math.max(this.admitted, inUse + waiting + this.admitted - this.begun);
        return load < Math.max(1, Math.floor(size * share)) ? 0 : Number.POSITIVE_INFINITY;
      },
      take: (): Permit => {
        this.admitted++;
        return {
          end: () => {
            this.admitted--;
            this.changed();
          },
        };
      },
      run: async (call) => {
        const mine = { hasBegun: false };
        try {
          return await this.caller.run(mine, call);
        } finally {
          if (mine.hasBegun) this.begun--;
        }
      },
    };
    this.gates.set(share, gate);
    return gate;
  }

  private changed(): void {
    for (const { line } of this.gates.values()) line.retry();
  }

  private pool(address: string): Pool {
    let pool = this.pools.get(address);
    if (pool === undefined) {
      pool = {
        size: this.client.options.maxPoolSize || Number.POSITIVE_INFINITY,
        out: new Map(),
        waiting: 0,
      };
      this.pools.set(address, pool);
    }
    return pool;
  }

  private waited(address: string): void {
    const pool = this.pool(address);
    pool.waiting = Math.max(0, pool.waiting - 1);
  }

  private returned({ address, connectionId }: ConnectionCheckedInEvent | ConnectionClosedEvent): void {
    const { out } = this.pool(address);
    const since = out.get(connectionId);
    if (since === undefined) return;
    out.delete(connectionId);
    this.uses++;
    this.heldMs += systemClock.now() - since;
    this.changed();
  }
}

/**
 * Watches the connections of a client: how many are in use and waited for now (`use`), and how they were used (`sample`, for
 * `suggestPoolSize`). Call it before the client connects; what this door's functions do with a client is watched anyway.
 *
 * @example
 * const client = new MongoClient(uri);
 * const pool = watchPool(client);
 * // … later:
 * console.log(pool.use, suggestPoolSize(pool.sample));
 */
export function watchPool(client: MongoClient): Pick<PoolGauge, 'use' | 'sample'> {
  return PoolGauge.of(client);
}

const gauges = new WeakMap<MongoClient, PoolGauge>();
