import { type ComputePool, computeNearestNeighbours, computeSimilarityEdges } from 'millrace';
import { compare, timed } from './compare.js';
import type { Mismatch, Row } from './row.js';
import { K, operationsOf } from './similarity-work.js';
import type { SuiteOptions } from './suite.js';
import { randomVectors, thresholdOf } from './vectors.js';

const COLUMNS = 384;
const ROWS = [2048, 4096, 8192, 16_384, 32_768, 65_536];
const MAX_RUNS = 5;

/**
 * Nanoseconds for each of n² elements as n grows: the same for all n, if time grows as n². The threshold is that of
 * one size, since the similarities are spread alike in all.
 */
export async function* measureGrowth(
  pool: ComputePool,
  { runs }: SuiteOptions,
): AsyncIterable<Row | Mismatch> {
  const threshold = await thresholdOf(randomVectors({ rows: 4096, columns: COLUMNS }), pool);
  for (const rows of ROWS) {
    const vectors = randomVectors({ rows, columns: COLUMNS });
    const works = {
      edges: () => computeSimilarityEdges(vectors, { threshold, pool }),
      top10: () => computeNearestNeighbours(vectors, { k: K, pool }),
    };
    for (const [work, run] of Object.entries(works)) {
      yield await compare<unknown, unknown>({
        suite: 'similarity',
        case: `${work} growth ${rows}×${COLUMNS}`,
        peer: 'none',
        threads: pool.threads,
        metric: { unit: 'ns/n²', pieces: rows ** 2 },
        operations: operationsOf(vectors),
        runs: Math.min(runs, MAX_RUNS),
        ours: timed<unknown>(run),
        theirs: { why: 'growth of ours alone' },
        difference: () => null,
      });
    }
  }
}
