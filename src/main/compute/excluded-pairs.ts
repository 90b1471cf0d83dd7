import { MillraceError } from '../../shared/errors.js';
import type { PairPart } from '../../shared/kernels/similarity/job.js';
import type { TileGrid } from '../../shared/kernels/similarity/tile-plan.js';

/** Pairs of row numbers: a list of pairs, or columns such as those of edges. */
export type PairsInput =
  | Iterable<readonly [number, number]>
  | { readonly source: ArrayLike<number>; readonly target: ArrayLike<number> };

/** Drops the pairs that the caller does not want to see from what tiles find. */
export class ExcludedPairs {
  private readonly keys = new Set<number>();

  /** @throws MillraceError `MILLRACE_INVALID_ARGUMENT` for a number that is no row. */
  constructor(
    pairs: PairsInput,
    private readonly grid: TileGrid,
  ) {
    let at = 0;
    for (const [i, j] of Symbol.iterator in pairs ? pairs : columnsAsPairs(pairs)) {
      for (const [row, rows] of [
        [i, grid.rows],
        [j, grid.columns],
      ] as const) {
        if (Number.isInteger(row) && row >= 0 && row < rows) continue;
        throw new MillraceError(
          'MILLRACE_INVALID_ARGUMENT',
          `option "excludePairs": pair ${at}: expected row numbers from 0 to ${rows - 1}, received ${row}`,
        );
      }
      this.keys.add(this.key(i, j));
      at++;
    }
  }

  /** The part without them. */
  removeFrom(part: PairPart): PairPart {
    if (this.keys.size === 0) return part;
    const kept = part.source
      .map((_source, at) => at)
      .filter((at) => !this.keys.has(this.key(part.source[at]!, part.target[at]!)));
    return {
      ...part,
      source: kept.map((at) => part.source[at]!),
      target: kept.map((at) => part.target[at]!),
      quality: Float32Array.from(kept, (at) => part.quality[at]!),
    };
  }

  /** A number for each pair, ascending. */
  sortedKeys(): Float64Array {
    return Float64Array.from(this.keys).sort();
  }

  /** In one set of rows a pair has no direction. */
  private key(i: number, j: number): number {
    return this.grid.symmetric && i > j ? j * this.grid.columns + i : i * this.grid.columns + j;
  }
}

function* columnsAsPairs({
  source,
  target,
}: Extract<PairsInput, { source: ArrayLike<number> }>): Iterable<readonly [number, number]> {
  for (let at = 0; at < source.length; at++) yield [source[at]!, target[at]!];
}
