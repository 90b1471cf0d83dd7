import type { BlockSide } from './block-side.js';

/** A side of a tile, and how far apart the scores of two of its rows are. */
interface TileSide {
  readonly side: BlockSide;
  readonly stride: number;
}

/** Groups for each place of a list: more make a sharper bound, and take longer. */
const GROUPS_PER_PLACE = 2;

/**
 * Bounds the lists of rows that have none yet, by what is in the tile itself: if the columns are cut into groups,
 * the k-th largest of the groups' maxima is reached by k pairs at least. So a row's first tile gives some two
 * dozen candidates for a list of ten, not 240. Rows of which the tile has fewer than k pairs stay as they are.
 */
export function seedBounds(
  scores: Float32Array,
  rows: TileSide,
  columns: TileSide,
  { listLength, isDiagonal }: { listLength: number; isDiagonal: boolean },
  bounds: Float32Array,
): void {
  const { lowerTerms } = columns.side;
  const count = lowerTerms.length;
  const groups = Math.min(count, GROUPS_PER_PLACE * listLength);
  if (groups < listLength) return;
  const maxima = new Float32Array(groups);
  for (let row = 0; row < rows.side.squares.length; row++) {
    if (!rows.side.isOpen(row)) continue;
    maxima.fill(Number.NEGATIVE_INFINITY);
    let group = 0;
    for (let column = 0; column < count; column++) {
      const lower = scores[row * rows.stride + column * columns.stride]! + lowerTerms[column]!;
      if (lower > maxima[group]! && !(isDiagonal && row === column)) maxima[group] = lower;
      group = group + 1 === groups ? 0 : group + 1;
    }
    const kth = maxima.sort()[groups - listLength]!;
    if (kth > Number.NEGATIVE_INFINITY) rows.side.writeBound(bounds, row, kth + rows.side.lowerTerms[row]!);
  }
}
