import { type BenchArguments, readArguments, UsageError } from './arguments.js';
import { describeMachine, MACHINE_THREADS } from './machine.js';
import type { Row } from './row.js';
import type { Suite } from './suite.js';
import { ingest } from './suites/ingest.js';
import { pool } from './suites/pool.js';
import { similarity } from './suites/similarity.js';
import { formatTable } from './table.js';

const SUITES: Record<string, Suite> = { similarity, ingest, pool };
const RUNS = 9;
const QUICK_RUNS = 5;

const HELP = `Usage: npm run bench -- [suite…] [options]

Measures the built package beside its peers, in turns, and prints medians. A row is printed only if both sides
gave the same answer.

Suites (default: all):
  similarity  all pairs: edges and nearest neighbours, beside numpy and plain JavaScript
  ingest      parsing SubRip, beside the package subtitle
  pool        tasks a second, beside Piscina

Options:
  --threads <n,…>  thread counts to measure, each for itself (default: one for each processor)
  --runs <n>       timed runs of each side (default: ${RUNS}, ${QUICK_RUNS} with --quick)
  --quick          smaller inputs, fewer runs: under two minutes for all suites
  --json           print one JSON array of rows, for programs (npm run --silent keeps npm's lines out)
  --help           print this

Environment:
  MILLRACE_PYTHON   the Python with numpy (default: python3)
  MILLRACE_CORPORA  a folder with hf-course-srt, to be parsed instead of the samples

Exit codes: 0 done, 1 a peer gave another answer or something failed, 2 wrong usage.

Examples:
  npm run bench -- --quick
  npm run bench:pool -- --threads 1,2
  npm run --silent bench -- similarity --runs 21 --json > rows.json
`;

try {
  const args = readArguments(process.argv.slice(2), Object.keys(SUITES));
  if (args.help) process.stdout.write(HELP);
  else await runSuites(args);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`error: ${error.message}\n(add --help for help)\n`);
  process.exitCode = 2;
}

async function runSuites({ suites, json, ...given }: BenchArguments): Promise<void> {
  const { quick, threads = [MACHINE_THREADS], runs = quick ? QUICK_RUNS : RUNS } = given;
  if (!json) process.stdout.write(`${describeMachine()}\n`);
  const all: Row[] = [];
  for (const [name, suite] of Object.entries(SUITES)) {
    if (suites.length > 0 && !suites.includes(name)) continue;
    const rows = await rowsOf(suite({ threads, runs, quick }));
    all.push(...rows);
    if (!json) process.stdout.write(`\n${name}\n${formatTable(rows)}\n`);
  }
  if (json) process.stdout.write(`${JSON.stringify(all)}\n`);
}

/** Rows are kept; a side with another answer is told of on standard error, and in the exit code. */
async function rowsOf(results: ReturnType<Suite>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const result of results) {
    if ('difference' in result) {
      const { suite, case: name, peer, difference } = result;
      process.stderr.write(`no row for ${suite}, ${name}, ${peer}: the answers differ: ${difference}\n`);
      process.exitCode = 1;
    } else {
      rows.push(result);
    }
  }
  return rows;
}
