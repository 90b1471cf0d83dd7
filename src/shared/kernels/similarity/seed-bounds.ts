import type { BlockSide } from './block-side.js';
import type { TileKernel } from './tile-kernel.js';
import { BLOCK } from './tile-plan.js';

/** Groups for each place of a list: more make a sharper bound, and take longer. */
const GROUPS_PER_PLACE = 2;

type Block = Parameters<TileKernel['compute']>[0];

/**
 * Bounds the lists of rows that have none yet, by what is in the tile itself: if the columns are cut into groups,
 * the k-th largest of the groups' maxima is reached by k pairs at least. So a row's first tile gives some two
 * dozen candidates for a list of ten, not 240. Rows of which the tile has fewer than k pairs stay as they are.
 *
 * @param sides - the sides that have lists, with the bounds to write
 */
export function seedBounds(
  kernel: TileKernel,
  { left, right, isDiagonal }: { left: Block; right: Block; isDiagonal: boolean },
  sides: Partial<Record<'rows' | 'columns', { side: BlockSide; others: number; bounds: Float32Array }>>,
  listLength: number,
): void {
  let isPrepared = !isDiagonal;
  for (const name of ['rows', 'columns'] as const) {
    const entry = sides[name];
    if (entry === undefined || !entry.side.hasOpen()) continue;
    const { side, others, bounds } = entry;
    const groups = Math.min(others, GROUPS_PER_PLACE * listLength);
    if (groups < listLength) continue;
    if (!isPrepared) {
      // A row is no neighbour of its own. Nothing asks for these scores later.
      for (let row = 0; row < others; row++) kernel.scores[row * BLOCK + row] = Number.NEGATIVE_INFINITY;
      isPrepared = true;
    }
    const reached = kernel.listBounds(name, left, right, { length: listLength, groups });
    side.writeOpenBounds(bounds, reached);
  }
}
