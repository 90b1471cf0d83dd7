import {
  ComputePool,
  computeNearestNeighbours,
  computeSimilarityEdges,
  computeSimilarityHistogram,
  type NearestNeighbours,
  SharedMatrix,
} from 'millrace';
import { compare, timed } from '../compare.js';
import { naiveEdges, naiveNeighbours } from '../naive-similarity.js';
import { PythonPeer } from '../python-peer.js';
import type { Mismatch, Row } from '../row.js';
import {
  edgeDifference,
  neighbourDifference,
  neighboursFrom,
  type Pairs,
  pairsFrom,
} from '../similarity-answers.js';
import type { Suite, SuiteOptions } from '../suite.js';

const ROWS = 4096;
/** For the naive loops, which take seconds for the full number. */
const QUICK_NAIVE_ROWS = 1024;
const COLUMNS = 384;
const KEPT_SHARE = 0.001;
const K = 10;
const MAX_NAIVE_RUNS = 3;

/**
 * Milliseconds for all pairs of n × d vectors, of any length: normalising, multiplying, and finding either the
 * edges (the threshold keeps about 0.1 % of the pairs) or the ten nearest rows of each row. Ours runs in a pool
 * that is up; numpy has loaded the vectors and has as many BLAS threads; the naive loops have one thread.
 */
export const similarity: Suite = async function* (options) {
  const full = randomVectors(ROWS);
  const small = options.quick ? randomVectors(QUICK_NAIVE_ROWS) : full;
  for (const threads of options.threads) {
    await using pool = new ComputePool({ threads });
    yield* besideNumpy(full, pool, options);
    yield* besideNaive(small, pool, options);
  }
};

async function* besideNumpy(
  vectors: SharedMatrix,
  pool: ComputePool,
  { runs }: SuiteOptions,
): AsyncIterable<Row | Mismatch> {
  const threshold = await thresholdOf(vectors, pool);
  const numpy = await PythonPeer.start(vectors, pool.threads);
  try {
    yield await compare({
      ...commonFacts('edges', vectors, pool),
      peer: 'numpy-users',
      runs,
      ours: timed(() => computeSimilarityEdges(vectors, { threshold, pool })),
      theirs: 'why' in numpy ? numpy : () => numpy.run({ work: 'edges', threshold }),
      difference: (ours: Pairs, theirs: SharedMatrix) => edgeDifference(ours, pairsFrom(theirs), threshold),
    });
    yield await compare({
      ...commonFacts('top10', vectors, pool),
      peer: 'numpy-argpartition',
      runs,
      ours: timed(() => computeNearestNeighbours(vectors, { k: K, pool })),
      theirs: 'why' in numpy ? numpy : () => numpy.run({ work: 'nearest', k: K }),
      difference: (ours: NearestNeighbours, theirs: SharedMatrix) =>
        neighbourDifference(ours, neighboursFrom(theirs, K)),
    });
  } finally {
    if (numpy instanceof PythonPeer) await numpy[Symbol.asyncDispose]();
  }
}

async function* besideNaive(
  vectors: SharedMatrix,
  pool: ComputePool,
  options: SuiteOptions,
): AsyncIterable<Row | Mismatch> {
  const threshold = await thresholdOf(vectors, pool);
  const runs = Math.min(options.runs, MAX_NAIVE_RUNS);
  yield await compare({
    ...commonFacts('edges', vectors, pool),
    peer: 'naive-js',
    runs,
    ours: timed(() => computeSimilarityEdges(vectors, { threshold, pool })),
    theirs: timed(() => naiveEdges(vectors, threshold)),
    difference: (ours: Pairs, theirs: Pairs) => edgeDifference(ours, theirs, threshold),
  });
  yield await compare({
    ...commonFacts('top10', vectors, pool),
    peer: 'naive-js',
    runs,
    ours: timed(() => computeNearestNeighbours(vectors, { k: K, pool })),
    theirs: timed(() => naiveNeighbours(vectors, K)),
    difference: neighbourDifference,
  });
}

function commonFacts(work: string, { rows, columns }: SharedMatrix, { threads }: ComputePool) {
  return {
    suite: 'similarity',
    case: `${work} ${rows}×${columns}`,
    threads,
    metric: 'ms',
  } as const;
}

/** The similarity that about {@link KEPT_SHARE} of the pairs reach. */
async function thresholdOf(vectors: SharedMatrix, pool: ComputePool): Promise<number> {
  const { edges, counts } = await computeSimilarityHistogram(vectors, { bins: 2000, pool });
  const wanted = (KEPT_SHARE * vectors.rows * (vectors.rows - 1)) / 2;
  let kept = 0;
  let bin = counts.length;
  while (kept < wanted) kept += counts[--bin]!;
  return edges[bin]!;
}

/** Vectors with elements between −1 and 1, the same in every run: mulberry32 by Tommy Ettinger (public domain). */
function randomVectors(rows: number): SharedMatrix {
  let state = 1;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) / 2 ** 31;
  };
  return SharedMatrix.fromFlat(Float32Array.from({ length: rows * COLUMNS }, next), COLUMNS);
}
