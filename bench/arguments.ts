import { parseArgs } from 'node:util';
import type { Size } from './vectors.js';

export interface BenchArguments {
  /** Names of suites; none means all. */
  suites: string[];
  /** One for each processor, if undefined. */
  threads: number[] | undefined;
  runs: number | undefined;
  /** Of vectors, instead of the suite's own. */
  sizes: Size[] | undefined;
  growth: boolean;
  /** Versions of Node to run under; none means this one. */
  nodes: string[] | undefined;
  /** The kernel that the engine shall take. */
  kernel: string | undefined;
  quick: boolean;
  json: boolean;
  help: boolean;
}

/** Wrong usage; the message says what was expected. */
export class UsageError extends Error {}

const MAX_THREADS = 1024;

/** @throws UsageError for unknown suites and options, and for values that make no sense. */
export function readArguments(args: readonly string[], knownSuites: readonly string[]): BenchArguments {
  const { values, positionals: suites } = parse(args);
  for (const suite of suites) {
    if (!knownSuites.includes(suite)) {
      throw new UsageError(`unknown suite "${suite}": expected ${knownSuites.join(', ')}`);
    }
  }
  const {
    threads,
    runs,
    sizes,
    growth = false,
    node,
    kernel,
    quick = false,
    json = false,
    help = false,
  } = values;
  if (growth && quick) throw new UsageError('--growth: takes minutes, so not with --quick');
  return {
    suites,
    threads: threads?.split(',').map((count) => wholeNumber('--threads', count, MAX_THREADS)),
    runs: runs === undefined ? undefined : wholeNumber('--runs', runs, 1000),
    sizes: sizes?.split(',').map(sizeFrom),
    growth,
    nodes: node?.split(',').map(nodeVersion),
    kernel,
    quick,
    json,
    help,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        threads: { type: 'string' },
        runs: { type: 'string' },
        sizes: { type: 'string' },
        growth: { type: 'boolean' },
        node: { type: 'string' },
        kernel: { type: 'string' },
        quick: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    // What follows the first sentence is advice for other cases.
    throw new UsageError((error as Error).message.split('. ')[0]);
  }
}

function wholeNumber(option: string, text: string, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= max) return value;
  throw new UsageError(`${option}: expected a whole number from 1 to ${max}, received "${text}"`);
}

function sizeFrom(text: string): Size {
  const [, rows, columns] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  // Each row needs ten others for its neighbours, one more for the search that finds the row itself, and dense
  // answers are compared by 64 rows.
  if (Number(rows) >= 64 && Number(columns) >= 1) return { rows: Number(rows), columns: Number(columns) };
  throw new UsageError(`--sizes: expected rows x columns like 4096x384, from 64 rows, received "${text}"`);
}

function nodeVersion(text: string): string {
  if (/^\d+(\.\d+){0,2}$/.test(text)) return text;
  throw new UsageError(`--node: expected versions like 22,24.9.0, received "${text}"`);
}
