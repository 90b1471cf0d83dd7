import { ComputePool, type NearestNeighbours, type SharedMatrix } from 'millrace';
import { compare, type Missing, type Side, timed } from '../compare.js';
import { naiveEdges, naiveNeighbours } from '../naive-similarity.js';
import type { NativeWork } from '../native/work.js';
import { startNative } from '../native-peer.js';
import { startNumpy } from '../numpy-peer.js';
import { PeerProcess } from '../peer-process.js';
import type { Mismatch, Row } from '../row.js';
import type { Pairs } from '../similarity-answers.js';
import { measureGrowth } from '../similarity-growth.js';
import { dense, edges, K, operationsOf, readAnswer, type Setting, top10 } from '../similarity-work.js';
import type { Suite, SuiteOptions } from '../suite.js';
import { randomVectors, type Size, thresholdOf } from '../vectors.js';

const SIZES: readonly Size[] = [
  { rows: 4096, columns: 384 },
  { rows: 8192, columns: 768 },
  { rows: 4096, columns: 1536 },
];
/** For the peers that take a pair at a time: seconds for the full number. */
const QUICK_PAIRWISE_ROWS = 1024;
const MAX_SLOW_RUNS = 3;

type Results = AsyncIterable<Row | Mismatch>;

/**
 * Milliseconds for all pairs of n × d vectors, of any length: normalising, multiplying, and giving the edges (the
 * threshold keeps about 0.1 % of the pairs), the ten nearest rows of each row, or the whole matrix. Ours runs in a
 * pool that is up; a peer has loaded the vectors and has as many threads. Those that take a pair at a time have one
 * thread, and only the smallest size.
 */
export const similarity: Suite = async function* (options) {
  const { threads: counts, quick, growth, sizes = quick ? SIZES.slice(0, 1) : SIZES } = options;
  const smallest = sizes.reduce((least, size) => (operationsOf(size) < operationsOf(least) ? size : least));
  const pairwise = quick ? { ...smallest, rows: Math.min(smallest.rows, QUICK_PAIRWISE_ROWS) } : smallest;
  for (const threads of counts) {
    await using pool = new ComputePool({ threads });
    for (const size of sizes) {
      const setting = await settingOf(size, pool);
      yield* besideNumpy(setting, options);
      yield* besideNative(setting, options);
    }
    yield* besidePairwise(await settingOf(pairwise, pool), options);
    if (growth) yield* measureGrowth(pool, options);
  }
};

async function* besideNumpy(setting: Setting, { runs }: SuiteOptions): Results {
  const { vectors, threshold, pool } = setting;
  const numpy = await startNumpy(vectors, pool.threads);
  const { edges: readEdges, top10: readTop10, dense: readDense } = readAnswer;
  try {
    for (const [peer, work] of [
      ['numpy-users', 'edges'],
      ['numpy-expert', 'edges-expert'],
    ] as const) {
      const theirs = sideOf(numpy, { work, threshold }, readEdges);
      yield await compare({ ...edges(setting), peer, runs, theirs });
    }
    const theirs = sideOf(numpy, { work: 'nearest', k: K }, readTop10);
    yield await compare({ ...top10(setting), peer: 'numpy-argpartition', runs, theirs });
    for (const [peer, work] of [
      ['openblas-ssyrk', 'dense-ssyrk'],
      ['openblas-sgemm', 'dense-sgemm'],
    ] as const) {
      yield await compare({ ...dense(setting), peer, runs, theirs: sideOf(numpy, { work }, readDense) });
    }
  } finally {
    await close(numpy);
  }
}

async function* besideNative(setting: Setting, { runs, quick }: SuiteOptions): Results {
  const { vectors, pool } = setting;
  const usearch = await startNative('usearch', vectors, pool.threads);
  try {
    const theirs = sideOf<NativeWork, NearestNeighbours>(
      usearch,
      { work: 'usearch', k: K },
      readAnswer.top10,
    );
    const few = quick ? Math.min(runs, MAX_SLOW_RUNS) : runs;
    yield await compare({ ...top10(setting), peer: 'usearch-exact', runs: few, theirs });
  } finally {
    await close(usearch);
  }
  const onnxruntime = await startNative('onnxruntime', vectors, pool.threads);
  try {
    const theirs = sideOf<NativeWork, Float32Array>(onnxruntime, { work: 'onnxruntime' }, readAnswer.dense);
    yield await compare({ ...dense(setting), peer: 'onnxruntime', runs, theirs });
  } finally {
    await close(onnxruntime);
  }
}

async function* besidePairwise(setting: Setting, options: SuiteOptions): Results {
  const { vectors, threshold } = setting;
  const runs = Math.min(options.runs, MAX_SLOW_RUNS);
  const simsimd = await startNative('simsimd', vectors, 1);
  try {
    const theirs = sideOf<NativeWork, Pairs>(simsimd, { work: 'simsimd', threshold }, readAnswer.edges);
    yield await compare({ ...edges(setting), peer: 'simsimd', runs, theirs });
  } finally {
    await close(simsimd);
  }
  const peer = 'naive-js';
  yield await compare({ ...edges(setting), peer, runs, theirs: timed(() => naiveEdges(vectors, threshold)) });
  yield await compare({ ...top10(setting), peer, runs, theirs: timed(() => naiveNeighbours(vectors, K)) });
}

async function settingOf(size: Size, pool: ComputePool): Promise<Setting> {
  const vectors = randomVectors(size);
  return { vectors, threshold: await thresholdOf(vectors, pool), pool };
}

function sideOf<W extends { work: string }, A>(
  peer: PeerProcess<W> | Missing,
  work: W,
  read: (answer: SharedMatrix) => A,
): Side<A> | Missing {
  if (!(peer instanceof PeerProcess)) return peer;
  return async () => {
    const { elapsedMs, answer } = await peer.run(work);
    return { elapsedMs, answer: read(answer) };
  };
}

async function close(peer: AsyncDisposable | Missing): Promise<void> {
  if (!('why' in peer)) await peer[Symbol.asyncDispose]();
}
