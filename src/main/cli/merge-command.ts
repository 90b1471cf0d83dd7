import type { Command } from 'commander';
import { type MergedSimilarity, mergeSimilarityShards } from '../compute/merge-shards.js';
import { replaceable, writeFileAtomically } from '../files/atomic-write.js';
import { edgesCsv, neighboursCsv } from '../graph/edges-csv.js';
import { type CommonOptions, jsonOption, quietOption } from './option-values.js';
import { interrupted } from './program.js';
import { progressDisplay } from './progress-display.js';

interface MergeCommandOptions extends Omit<CommonOptions, 'threads'> {
  out: string;
}

export function defineMergeCommand(command: Command): void {
  command
    .argument(
      '<shards...>',
      'what millrace similarity --shard wrote: all parts of one computation, in any order',
    )
    .requiredOption('--out <file>', 'write the pairs to this CSV file, or the matrix to this .npy file')
    .addOption(jsonOption())
    .addOption(quietOption())
    .addHelpText('after', HELP)
    .action(merge);
}

const HELP = `
The file has the bytes that one run without --shard would have written. A shard that is missing, there
twice, not finished, damaged, or of other vectors or options is refused by name; the command that wrote
it mends what is unfinished or damaged. Shards are left where they are.

Examples:
  millrace similarity vectors.npy --top-k 10 --shard 1/2 --out part-1.shard
  millrace similarity vectors.npy --top-k 10 --shard 2/2 --out part-2.shard
  millrace merge part-1.shard part-2.shard --out pairs.csv
`;

async function merge(shards: string[], options: MergeCommandOptions): Promise<void> {
  await replaceable(options.out);
  const display = progressDisplay(options);
  const startMs = performance.now();
  try {
    const merged = await mergeSimilarityShards(shards, { signal: interrupted, progress: display.show });
    display.close();
    const pairs = await write(merged, options.out);
    const { rows, columns } = merged;
    const elapsedMs = performance.now() - startMs;
    report({ rows, columns, pairs, shards: shards.length, elapsedMs, out: options.out }, options);
  } finally {
    display.close();
  }
}

/** @returns how many pairs there are */
async function write(merged: MergedSimilarity, out: string): Promise<number> {
  switch (merged.mode) {
    case 'edges':
      await writeFileAtomically(out, edgesCsv(merged.edges), { signal: interrupted });
      return merged.edges.length;
    case 'neighbours':
      await writeFileAtomically(out, neighboursCsv(merged.neighbours), { signal: interrupted });
      return merged.neighbours.indices.length;
    case 'matrix':
      await merged.write(out);
      return merged.rows * merged.rows;
  }
}

interface Facts {
  rows: number;
  columns: number;
  pairs: number;
  shards: number;
  elapsedMs: number;
  out: string;
}

function report(facts: Facts, { json, quiet }: MergeCommandOptions): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(facts)}\n`);
  } else if (!quiet) {
    const { rows, columns, pairs, shards, elapsedMs, out } = facts;
    process.stderr.write(
      `${rows} × ${columns}: ${pairs} pairs from ${shards} shards in ${elapsedMs.toFixed(0)} ms → ${out}\n`,
    );
  }
}
