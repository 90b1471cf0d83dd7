import type { NearestNeighbours, SharedMatrix } from 'millrace';
import type { Pairs } from './similarity-answers.js';

/** All-pairs similarity in plain JavaScript: two loops over unit rows in one Float32Array, on one thread. */

/** All pairs whose cosine similarity is at least `threshold`. */
export function naiveEdges(matrix: SharedMatrix, threshold: number): Pairs {
  const source: number[] = [];
  const target: number[] = [];
  const similarity: number[] = [];
  forEachPair(matrix, (i, j, score) => {
    if (score < threshold) return;
    source.push(i);
    target.push(j);
    similarity.push(score);
  });
  return { source, target, similarity };
}

/** The k nearest of each row, the most similar first. */
export function naiveNeighbours(matrix: SharedMatrix, k: number): NearestNeighbours {
  const indices = new Uint32Array(matrix.rows * k);
  const similarities = new Float32Array(matrix.rows * k).fill(Number.NEGATIVE_INFINITY);
  const insert = (row: number, neighbour: number, score: number) => {
    const first = row * k;
    let at = first + k - 1;
    if (score <= similarities[at]!) return;
    for (; at > first && score > similarities[at - 1]!; at--) {
      similarities[at] = similarities[at - 1]!;
      indices[at] = indices[at - 1]!;
    }
    similarities[at] = score;
    indices[at] = neighbour;
  };
  forEachPair(matrix, (i, j, score) => {
    insert(i, j, score);
    insert(j, i, score);
  });
  return { k, indices, similarities };
}

function forEachPair(matrix: SharedMatrix, take: (i: number, j: number, score: number) => void): void {
  const { rows, columns } = matrix;
  const unit = unitRows(matrix);
  for (let i = 0; i < rows; i++) {
    for (let j = i + 1; j < rows; j++) {
      let score = 0;
      for (let k = 0; k < columns; k++) score += unit[i * columns + k]! * unit[j * columns + k]!;
      take(i, j, score);
    }
  }
}

function unitRows({ rows, columns, data }: SharedMatrix): Float32Array {
  const unit = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) {
    const row = data.subarray(i * columns, (i + 1) * columns);
    const norm = Math.hypot(...row);
    for (let k = 0; k < columns; k++) unit[i * columns + k] = row[k]! / norm;
  }
  return unit;
}
