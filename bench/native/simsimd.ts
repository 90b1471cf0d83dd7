import { SharedMatrix } from 'millrace';
import { loadPackage } from './load-package.js';
import { unitRows } from './unit-rows.js';
import type { NativePeer } from './work.js';

interface Simsimd {
  inner(a: Float32Array, b: Float32Array): number;
}

/** One call for each pair, on one thread. */
export function loadSimsimd(vectors: SharedMatrix): NativePeer {
  const { inner } = loadPackage<Simsimd>('simsimd');
  return {
    run(work) {
      if (work.work !== 'simsimd') throw new Error(`simsimd can't do ${work.work}`);
      const { rows, columns } = vectors;
      const unit = unitRows(vectors);
      const views = Array.from({ length: rows }, (_, i) => unit.subarray(i * columns, (i + 1) * columns));
      const triples: number[] = [];
      for (let i = 0; i < rows; i++) {
        for (let j = i + 1; j < rows; j++) {
          const score = inner(views[i]!, views[j]!);
          if (score >= work.threshold) triples.push(i, j, score);
        }
      }
      return () => SharedMatrix.fromFlat(triples, 3);
    },
  };
}
