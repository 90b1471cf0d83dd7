import { parseArgs } from 'node:util';

export interface BenchArguments {
  /** Names of suites; none means all. */
  suites: string[];
  /** One for each processor, if undefined. */
  threads: number[] | undefined;
  runs: number | undefined;
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
  const { threads, runs, quick = false, json = false, help = false } = values;
  return {
    suites,
    threads: threads?.split(',').map((count) => wholeNumber('--threads', count, MAX_THREADS)),
    runs: runs === undefined ? undefined : wholeNumber('--runs', runs, 1000),
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
