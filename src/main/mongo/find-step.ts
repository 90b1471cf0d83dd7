import type { Collection, Document, Filter } from 'mongodb';
import { admit } from '../policies/admit.js';
import { gatePolicy } from '../policies/gate-policy.js';
import { retry } from '../policies/retry.js';
import type { Step } from '../run/step.js';
import { withPolicies } from '../run/with-policies.js';
import { commandError } from './command-error.js';
import type { FindOptions, FindQuery } from './find-options.js';
import { PoolGauge } from './pool-gauge.js';
import { untilAborted } from './until-aborted.js';

/** A step that makes one query, through the pool's gate, and again when the server was lost. */
export function findStep<T extends Document>(options: FindOptions): Step<FindQuery, T[]> {
  const collection = options.collection as unknown as Collection<T>;
  const gate = PoolGauge.of(collection.db.client).gate(options.poolShare);
  const query: Step<FindQuery, T[]> = ({ filter, ...rest }, { signal }) =>
    gate.run(async () => {
      const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
      try {
        const cursor = collection.find(filter as Filter<T>, { ...given, raw: false, signal });
        return (await untilAborted(cursor.toArray(), signal)) as T[];
      } catch (thrown) {
        throw signal.aborted ? signal.reason : commandError(thrown);
      }
    });
  const waits = { maxAttempts: 8, baseMs: 100, capMs: 10_000, ...options.retry };
  return withPolicies(query, retry(waits), ...(options.policies ?? []), gatePolicy({ gate }, admit));
}

/** How a run of it is to be made. */
export function findRun({ concurrency = 8, signal, progress, label = 'find', metrics }: FindOptions) {
  return { concurrency, signal, progress, label, metrics };
}
