import { SharedMatrix } from 'millrace';
import { loadPackage } from './load-package.js';
import { unitRows } from './unit-rows.js';
import type { NativePeer } from './work.js';

interface Usearch {
  exactSearch(
    dataset: Float32Array,
    queries: Float32Array,
    dimensions: number,
    count: number,
    metric: 'cos' | 'ip',
    threads: number,
  ): { keys: BigUint64Array; distances: Float32Array };
}

/** Exact search for each row among all rows: the nearest one is the row itself, so one more is asked for. */
export function loadUsearch(vectors: SharedMatrix, threads: number): NativePeer {
  const { exactSearch } = loadPackage<Usearch>('usearch');
  return {
    run(work) {
      if (work.work !== 'usearch') throw new Error(`usearch can't do ${work.work}`);
      const unit = unitRows(vectors);
      const found = exactSearch(unit, unit, vectors.columns, work.k + 1, 'ip', threads);
      return () => withoutSelf(found.keys, found.distances, vectors.rows, work.k);
    },
  };
}

function withoutSelf(keys: BigUint64Array, distances: Float32Array, rows: number, k: number): SharedMatrix {
  const triples: number[] = [];
  for (let row = 0; row < rows; row++) {
    let kept = 0;
    for (let at = row * (k + 1); at < (row + 1) * (k + 1) && kept < k; at++) {
      if (Number(keys[at]) === row) continue;
      triples.push(row, Number(keys[at]), 1 - distances[at]!);
      kept++;
    }
  }
  return SharedMatrix.fromFlat(triples, 3);
}
