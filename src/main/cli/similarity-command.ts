import type { Command } from 'commander';
import type { SharedMatrix } from '../../shared/shared-matrix.js';
import { ComputePool } from '../compute/compute-pool.js';
import { computeNearestNeighbours, computeSimilarityEdges } from '../compute/similarity.js';
import { writeFileAtomically } from '../graph/atomic-write.js';
import { edgesCsv, neighboursCsv } from '../graph/edges-csv.js';
import { readMatrix } from '../ingest/read-matrix.js';
import {
  type CommonOptions,
  jsonOption,
  quietOption,
  similarity,
  threadsOption,
  wholeNumber,
} from './option-values.js';
import { interrupted, UsageError } from './program.js';
import { progressDisplay } from './progress-display.js';

interface SimilarityCommandOptions extends CommonOptions {
  threshold?: number;
  topK?: number;
  maxDegree?: number;
  out?: string;
}

export function defineSimilarityCommand(command: Command): void {
  command
    .argument('<embeddings.npy>', 'an n × d matrix of float32 or float64, in C order')
    .option('--threshold <t>', 'all pairs whose cosine similarity is at least t', similarity)
    .option('--top-k <k>', 'the k nearest neighbours of each row', wholeNumber(1))
    .option(
      '--max-degree <n>',
      'with --threshold: keep a pair only if it is among the n best of both rows',
      wholeNumber(1),
    )
    .option('--out <file>', 'write the pairs to this CSV file instead of standard output')
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addOption(quietOption())
    .addHelpText('after', HELP)
    .action(findPairs);
}

const HELP = `
Pairs are CSV: source,target,similarity, by row number from 0. With --threshold each pair is there
once, source < target; with --top-k each row has its neighbours, the most similar first.
With --json a summary is printed in their place; add --out to keep the pairs.

Examples:
  millrace similarity vectors.npy --threshold 0.9
  millrace similarity vectors.npy --top-k 10 --out pairs.csv
  millrace similarity vectors.npy --threshold 0.8 --json --quiet
`;

async function findPairs(file: string, options: SimilarityCommandOptions): Promise<void> {
  const { threshold, topK, maxDegree } = options;
  if ((threshold === undefined) === (topK === undefined)) {
    throw new UsageError(
      `expected one of --threshold and --top-k, received ${topK === undefined ? 'neither' : 'both'}`,
    );
  }
  if (maxDegree !== undefined && threshold === undefined)
    throw new UsageError('--max-degree goes with --threshold');
  const matrix = await readMatrix(file, { signal: interrupted });
  const display = progressDisplay(options);
  const startMs = performance.now();
  const pool = new ComputePool({ threads: options.threads });
  try {
    const common = { pool, signal: interrupted, progress: display.show };
    const { pairs, csv } =
      threshold === undefined
        ? await nearest(matrix, { ...common, k: topK! })
        : await edges(matrix, { ...common, threshold, ...(maxDegree !== undefined && { maxDegree }) });
    const elapsedMs = performance.now() - startMs;
    display.close();
    await writePairs(csv, options);
    report({ rows: matrix.rows, columns: matrix.columns, pairs, threads: pool.threads, elapsedMs }, options);
  } finally {
    display.close();
    await pool.close();
  }
}

async function edges(matrix: SharedMatrix, options: Parameters<typeof computeSimilarityEdges>[1]) {
  const found = await computeSimilarityEdges(matrix, options);
  return { pairs: found.length, csv: edgesCsv(found) };
}

async function nearest(matrix: SharedMatrix, options: Parameters<typeof computeNearestNeighbours>[1]) {
  const found = await computeNearestNeighbours(matrix, options);
  return { pairs: found.indices.length, csv: neighboursCsv(found) };
}

async function writePairs(csv: Iterable<string>, { out, json }: SimilarityCommandOptions): Promise<void> {
  if (out !== undefined) return writeFileAtomically(out, csv, { signal: interrupted });
  if (json) return;
  let block = '';
  for (const line of csv) {
    block += line;
    if (block.length > 65_536) block = await flush(block);
  }
  await flush(block);
}

async function flush(block: string): Promise<''> {
  interrupted.throwIfAborted();
  if (!process.stdout.write(block)) await new Promise((resolve) => process.stdout.once('drain', resolve));
  return '';
}

interface Facts {
  rows: number;
  columns: number;
  pairs: number;
  threads: number;
  elapsedMs: number;
}

function report(facts: Facts, { json, quiet, out }: SimilarityCommandOptions): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...facts, out: out ?? null })}\n`);
  } else if (!quiet) {
    const { rows, columns, pairs, threads, elapsedMs } = facts;
    const to = out === undefined ? '' : ` → ${out}`;
    process.stderr.write(
      `${rows} × ${columns}: ${pairs} pairs in ${elapsedMs.toFixed(0)} ms on ${threads} threads${to}\n`,
    );
  }
}
