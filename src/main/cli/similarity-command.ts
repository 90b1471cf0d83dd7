import { rm } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import type { Metric } from '../../shared/kernels/similarity/metric.js';
import { NpyFile } from '../../shared/npy-file.js';
import { ComputePool } from '../compute/compute-pool.js';
import { judgeKernels, KERNEL_CHOICES, type KernelChoice, kernelChoice } from '../compute/kernel-catalog.js';
import type { Shard } from '../compute/shard-plan.js';
import { computeNearestNeighbours, computeSimilarityEdges } from '../compute/similarity.js';
import { writeSimilarityMatrix } from '../compute/similarity-file.js';
import type { SimilarityOptions } from '../compute/similarity-options.js';
import { writeSimilarityShard } from '../compute/similarity-shard.js';
import { replaceable } from '../files/atomic-write.js';
import { edgesCsv, neighboursCsv } from '../graph/edges-csv.js';
import {
  byteCount,
  type CommonOptions,
  finiteNumber,
  jsonOption,
  quietOption,
  shardOfMany,
  threadsOption,
  wholeNumber,
} from './option-values.js';
import { writePairs } from './pairs-output.js';
import { interrupted, UsageError } from './program.js';
import { progressDisplay } from './progress-display.js';

interface SimilarityCommandOptions extends CommonOptions {
  threshold?: number;
  topK?: number;
  dense?: true;
  maxDegree?: number;
  metric: Metric;
  kernel?: KernelChoice;
  memoryLimit?: number;
  shard?: Shard;
  checkpoint?: string;
  explain?: true;
  out?: string;
}

export function defineSimilarityCommand(command: Command): void {
  command
    .argument('<embeddings.npy>', 'an n × d matrix of float32 or float64, in C order')
    .option(
      '--threshold <t>',
      'all pairs whose similarity is at least t (euclidean: whose distance is at most t)',
      finiteNumber,
    )
    .option('--top-k <k>', 'the k nearest neighbours of each row', wholeNumber(1))
    .option('--dense', 'the n × n matrix, written to --out as .npy, row panel by row panel')
    .option(
      '--max-degree <n>',
      'with --threshold: keep a pair only if it is among the n best of both rows',
      wholeNumber(1),
    )
    .addOption(
      new Option('--metric <name>', 'what similar means')
        .choices(['cosine', 'dot', 'euclidean'])
        .default('cosine'),
    )
    .addOption(
      new Option(
        '--kernel <name>',
        'which micro-kernels may run (default: MILLRACE_KERNEL, else auto)',
      ).choices(KERNEL_CHOICES),
    )
    .option(
      '--memory-limit <bytes>',
      'for rows and scratch, such as 800M or 2G; results come on top',
      byteCount,
    )
    .option(
      '--shard <i/n>',
      'compute part i of n and write it to --out, for millrace merge; what is there is gone on with',
      shardOfMany,
    )
    .option('--checkpoint <file>', 'go on from this file after a run that was ended, and keep it up to date')
    .option('--explain', 'say on standard error which kernel runs, and why')
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

The file is read panel by panel where it doesn't fit into the memory limit. The pairs have the same bytes
for every kernel, number of threads and limit.

A run with --checkpoint may be ended in any way, kill -9 included: the same command goes on from there,
for the same bytes. The checkpoint is removed when the output is complete.

Examples:
  millrace similarity vectors.npy --threshold 0.9
  millrace similarity vectors.npy --top-k 10 --out pairs.csv
  millrace similarity vectors.npy --threshold 0.8 --json --quiet
  millrace similarity vectors.npy --dense --out similarities.npy
  millrace similarity vectors.npy --metric euclidean --threshold 0.5
  millrace similarity vectors.npy --top-k 10 --memory-limit 1G --explain --out pairs.csv
  millrace similarity vectors.npy --top-k 10 --checkpoint run.log --out pairs.csv
  millrace similarity vectors.npy --top-k 10 --shard 1/2 --out part-1.shard
`;

async function findPairs(file: string, options: SimilarityCommandOptions): Promise<void> {
  checkUsage(options);
  if (options.out !== undefined) await replaceable(options.out);
  const matrix = NpyFile.open(file);
  const { metric, memoryLimit, kernel } = options;
  const explain = options.explain && ((line: string) => void process.stderr.write(`${line}\n`));
  if (explain) for (const line of verdictLines(kernel)) explain(line);
  const display = progressDisplay(options);
  const startMs = performance.now();
  const pool = new ComputePool({ threads: options.threads });
  try {
    const common = {
      pool,
      signal: interrupted,
      progress: display.show,
      metric,
      ...(kernel && { kernel }),
      ...(memoryLimit !== undefined && { memoryLimitBytes: memoryLimit }),
      ...(explain && { explain }),
    };
    const { write, ...found } = await compute(matrix, common, options);
    const elapsedMs = performance.now() - startMs;
    display.close();
    await write?.();
    const { rows, columns } = matrix;
    report({ rows, columns, ...found, threads: pool.threads, elapsedMs }, options);
  } finally {
    display.close();
    await pool.close();
  }
}

function checkUsage({
  threshold,
  topK,
  dense,
  maxDegree,
  shard,
  checkpoint,
  out,
}: SimilarityCommandOptions): void {
  const modes = [threshold !== undefined, topK !== undefined, dense === true].filter(Boolean).length;
  if (modes !== 1) {
    throw new UsageError(
      `expected one of --threshold, --top-k and --dense, received ${modes === 0 ? 'none' : modes}`,
    );
  }
  if (maxDegree !== undefined && threshold === undefined)
    throw new UsageError('--max-degree goes with --threshold');
  if (shard && out === undefined) throw new UsageError('--shard goes with --out, the shard to write');
  if (shard && checkpoint !== undefined)
    throw new UsageError('--checkpoint does not go with --shard: a shard is its own checkpoint');
  if (dense && out === undefined) throw new UsageError('--dense goes with --out, the .npy file to write');
}

/** What was done, and how what was found is written, if it isn't yet. */
interface Computed {
  pairs?: number;
  shard?: string;
  tiles?: number;
  write?: () => Promise<void>;
}

async function compute(
  matrix: NpyFile,
  common: SimilarityOptions,
  options: SimilarityCommandOptions,
): Promise<Computed> {
  const { threshold, topK, maxDegree, shard, checkpoint, out } = options;
  const wishes = {
    ...(threshold !== undefined && { threshold, ...(maxDegree !== undefined && { maxDegree }) }),
    ...(topK !== undefined && { k: topK }),
  };
  if (shard) {
    const { tiles } = await writeSimilarityShard(matrix, out!, { ...common, ...wishes, shard });
    return { shard: `${shard.index}/${shard.count}`, tiles };
  }
  const resumable = { ...common, ...(checkpoint !== undefined && { checkpoint }) };
  if (options.dense) {
    await writeSimilarityMatrix(matrix, out!, resumable);
    return { pairs: matrix.rows * matrix.rows };
  }
  const { pairs, csv } =
    threshold === undefined
      ? await nearest(matrix, { ...resumable, k: topK! })
      : await edges(matrix, { ...resumable, ...wishes, threshold });
  const write = async () => {
    await writePairs(csv, options);
    if (checkpoint !== undefined) await rm(checkpoint, { force: true });
  };
  return { pairs, write };
}

/** What became of each kernel here. */
function verdictLines(kernel: KernelChoice | undefined): string[] {
  return judgeKernels(kernelChoice(kernel)).map((verdict) =>
    verdict.state === 'ready'
      ? `${verdict.name}: can run, its answers were checked`
      : `${verdict.name}: can't run, ${verdict.why}`,
  );
}

async function edges(matrix: NpyFile, options: Parameters<typeof computeSimilarityEdges>[1]) {
  const found = await computeSimilarityEdges(matrix, options);
  return { pairs: found.length, csv: edgesCsv(found) };
}

async function nearest(matrix: NpyFile, options: Parameters<typeof computeNearestNeighbours>[1]) {
  const found = await computeNearestNeighbours(matrix, options);
  return { pairs: found.indices.length, csv: neighboursCsv(found) };
}

interface Facts extends Omit<Computed, 'write'> {
  rows: number;
  columns: number;
  threads: number;
  elapsedMs: number;
}

function report(facts: Facts, { json, quiet, out }: SimilarityCommandOptions): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...facts, out: out ?? null })}\n`);
  } else if (!quiet) {
    const { rows, columns, pairs, shard, tiles, threads, elapsedMs } = facts;
    const what = shard === undefined ? `${pairs} pairs` : `shard ${shard}, ${tiles} tiles`;
    const to = out === undefined ? '' : ` → ${out}`;
    process.stderr.write(
      `${rows} × ${columns}: ${what} in ${elapsedMs.toFixed(0)} ms on ${threads} threads${to}\n`,
    );
  }
}
