import { z } from 'zod';
import { checkOptions } from '../../shared/options.js';
import { type OperationMetricsPlace, operationMetrics } from '../observe/metrics-registry.js';
import { OperationMetrics } from '../observe/operation-metrics.js';
import type { Step } from '../run/step.js';

export interface MeasureOptions extends OperationMetricsPlace {
  /** The operation's name, with which the names of its metrics begin. */
  label?: string | undefined;
  /** Counts into these instead of those of a `label`. */
  metrics?: OperationMetrics | undefined;
}

const schema = z.object({
  metrics: z
    .custom<OperationMetrics>(
      (value) => value instanceof OperationMetrics,
      'expected what operationMetrics() returns',
    )
    .optional(),
});

/**
 * Measures the items that pass: put it outermost. It sees what the policies inside of it report, and their waits. A
 * run that is given `metrics` measures its step by itself, and itself, too.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`, also if neither `label` nor `metrics` is given
 *
 * @example
 * const step = withPolicies(extract, measure({ label: 'extraction' }), cache(answers), retry(), tokenBudget(limiter));
 */
export function measure(options: MeasureOptions): <I, O>(next: Step<I, O>) => Step<I, O> {
  const { metrics: given } = checkOptions('measure', schema, options);
  const { label, registry, clock } = options;
  const metrics = given ?? operationMetrics(label as string, { registry, clock });
  return (next) => metrics.measure(next);
}
