import type { PairPart } from '../../shared/kernels/similarity/job.js';
import {
  BLOCK,
  blockCount,
  rowsInBlock,
  type TileGrid,
  tilePlace,
} from '../../shared/kernels/similarity/tile-plan.js';

/**
 * Edges as columns: edge e joins rows `source[e]` < `target[e]`, or row `source[e]` of the first set and row
 * `target[e]` of the second. Sorted by source, then target.
 */
export interface SimilarityEdges {
  readonly length: number;
  readonly source: Uint32Array;
  readonly target: Uint32Array;
  /** Cosines, dot products or distances. */
  readonly similarity: Float32Array;
}

/** Puts the edges of tiles, which come in any order, into one sorted list: linear in their number. */
export class EdgeCollector {
  /** For each block of rows, its tiles' parts by block column. */
  private readonly parts: PairPart[][];
  private length = 0;

  constructor(private readonly grid: TileGrid) {
    this.parts = Array.from({ length: blockCount(grid.rows) }, () => []);
  }

  add(tile: number, part: PairPart): void {
    const { blockRow, blockColumn } = tilePlace(this.grid, tile);
    this.parts[blockRow]![blockColumn] = part;
    this.length += part.source.length;
  }

  edges(): SimilarityEdges {
    const { length } = this;
    const edges = {
      length,
      source: new Uint32Array(length),
      target: new Uint32Array(length),
      similarity: new Float32Array(length),
    };
    let start = 0;
    for (const [block, parts] of this.parts.entries()) start = this.placeBlock(edges, start, block, parts);
    return edges;
  }

  /** A counting sort by source. Parts go by target, and inside one part so do the edges of one source: all stay so. */
  private placeBlock(
    edges: SimilarityEdges,
    start: number,
    block: number,
    parts: readonly PairPart[],
  ): number {
    const first = block * BLOCK;
    const present = parts.filter((part) => part !== undefined);
    const next = new Uint32Array(rowsInBlock(this.grid.rows, block) + 1);
    for (const { source } of present) for (const row of source) next[row - first + 1]!++;
    next[0] = start;
    for (let row = 1; row < next.length; row++) next[row]! += next[row - 1]!;
    const end = next[next.length - 1]!;
    for (const { source, target, quality } of present) {
      for (let e = 0; e < source.length; e++) {
        const at = next[source[e]! - first]!++;
        edges.source[at] = source[e]!;
        edges.target[at] = target[e]!;
        edges.similarity[at] = quality[e]!;
      }
    }
    return end;
  }
}
