import { cosineSimilarity, selectionMargin } from './cosine.js';
import type { NearestPart, SimilarityJob } from './job.js';
import type { TileKernel } from './tile-kernel.js';
import { BLOCK, blockCount, rowsInBlock } from './tile-plan.js';

/**
 * Finds the k nearest neighbours of one block of rows. While the tiles of the row go by, each row keeps the
 * candidates whose fast score is within twice the margin of its k-th best so far: no true neighbour can lie
 * below. In the end the canonical scores of the candidates decide.
 */
export function nearestTiles(
  job: SimilarityJob & { phase: 'nearest' },
  kernel: TileKernel,
): (block: number) => NearestPart {
  const { rows, columns, buffer } = job.matrix;
  const { k } = job;
  const data = new Float32Array(buffer, 0, rows * columns);
  const squares = new Float64Array(job.squares);
  const slack = 2 * selectionMargin(columns);
  return (blockRow) => {
    const first = blockRow * BLOCK;
    const count = rowsInBlock(rows, blockRow);
    const shortlists = Array.from({ length: count }, () => new Shortlist(k, slack));
    const bounds = new Float32Array(BLOCK).fill(Number.NEGATIVE_INFINITY);
    for (let blockColumn = 0; blockColumn < blockCount(rows); blockColumn++) {
      kernel.compute(blockRow, blockColumn);
      kernel.setBounds(bounds);
      for (const candidate of kernel.select(blockRow, blockColumn, false)) {
        const row = candidate >>> 16;
        const column = candidate & 0xffff;
        const j = blockColumn * BLOCK + column;
        if (j !== first + row) shortlists[row]!.add(j, kernel.scores[row * BLOCK + column]!);
      }
      for (let row = 0; row < count; row++) bounds[row] = shortlists[row]!.tighten();
    }
    const indices = new Uint32Array(count * k);
    const similarities = new Float32Array(count * k);
    for (let row = 0; row < count; row++) {
      const best = shortlists[row]!.best((j) => cosineSimilarity(data, columns, squares, first + row, j));
      for (let place = 0; place < k; place++) {
        indices[row * k + place] = best[place]!.index;
        similarities[row * k + place] = best[place]!.score;
      }
    }
    return { indices, similarities };
  };
}

/** The candidates of one row. */
class Shortlist {
  private indices: Uint32Array;
  private scores: Float32Array;
  private size = 0;
  private bound = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly k: number,
    private readonly slack: number,
  ) {
    this.indices = new Uint32Array(k + BLOCK);
    this.scores = new Float32Array(k + BLOCK);
  }

  add(index: number, score: number): void {
    if (this.size === this.indices.length) this.grow();
    this.indices[this.size] = index;
    this.scores[this.size] = score;
    this.size++;
  }

  /** Raises the bound to the k-th best score less the slack, drops what lies below, and returns the bound. */
  tighten(): number {
    if (this.size < this.k) return this.bound;
    const sorted = this.scores.slice(0, this.size).sort();
    const bound = Math.fround(sorted[this.size - this.k]! - this.slack);
    if (bound <= this.bound) return this.bound;
    this.bound = bound;
    let kept = 0;
    for (let at = 0; at < this.size; at++) {
      if (this.scores[at]! < bound) continue;
      this.indices[kept] = this.indices[at]!;
      this.scores[kept] = this.scores[at]!;
      kept++;
    }
    this.size = kept;
    return bound;
  }

  /** The candidates with their canonical scores, best first, the lower index first among equals. */
  best(canonical: (index: number) => number): { index: number; score: number }[] {
    return Array.from(this.indices.subarray(0, this.size), (index) => ({
      index,
      score: canonical(index),
    })).sort((a, b) => b.score - a.score || a.index - b.index);
  }

  private grow(): void {
    const indices = new Uint32Array(2 * this.size);
    const scores = new Float32Array(2 * this.size);
    indices.set(this.indices);
    scores.set(this.scores);
    this.indices = indices;
    this.scores = scores;
  }
}
