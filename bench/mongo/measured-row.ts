import type { Missing } from '../compare.js';
import { type Row, ratioOf } from '../row.js';

/** A row of numbers that were measured in processes of their own; the less the better. */
export function measuredRow(
  name: string,
  peer: string,
  unit: string,
  ours: number | Missing,
  theirs: number | Missing | null,
  runs = 1,
): Row {
  const missing = [ours, theirs].find((side) => side !== null && typeof side === 'object');
  const [our, their] = [
    typeof ours === 'number' ? ours : Number.NaN,
    typeof theirs === 'number' ? theirs : null,
  ];
  return {
    suite: 'mongo',
    case: name,
    peer,
    threads: 1,
    node: process.versions.node,
    ours: our,
    theirs: their,
    unit,
    better: 'lower',
    ratio: their === null || Number.isNaN(our) ? null : ratioOf(our, their, 'lower'),
    runs,
    ...(missing && { why: missing.why }),
  };
}
