import { type BenchArguments, readArguments, UsageError } from './arguments.js';
import { describeMachine, MACHINE_THREADS } from './machine.js';
import { runUnderNodes } from './other-nodes.js';
import type { Row } from './row.js';
import { summariseSimilarity } from './similarity-summary.js';
import type { LoadedSuite, Suite } from './suite.js';
import { formatTable } from './table.js';

/** Each is loaded when it runs: by then the environment that the engine reads is complete. */
const SUITES: Record<string, () => Promise<LoadedSuite>> = {
  similarity: async () => ({
    measure: (await import('./suites/similarity.js')).similarity,
    describe: (await import('./similarity-peers.js')).describePeers,
    summarise: summariseSimilarity,
  }),
  ingest: async () => ({ measure: (await import('./suites/ingest.js')).ingest }),
  flow: async () => ({ measure: (await import('./suites/flow.js')).flow }),
  pool: async () => ({ measure: (await import('./suites/pool.js')).pool }),
  mongo: async () => {
    const { mongo, describeMongo } = await import('./suites/mongo.js');
    return { measure: mongo, describe: describeMongo };
  },
};
const RUNS = 9;
const QUICK_RUNS = 5;

const HELP = `Usage: npm run bench -- [suite…] [options]

Measures the built package beside its peers, in turns, and prints medians. A row is printed only if both sides
gave the same answer.

Suites (default: all):
  similarity  all pairs: edges, nearest neighbours and the whole matrix, beside numpy, onnxruntime, usearch,
              simsimd and plain JavaScript; npm run bench:peers installs them
  ingest      parsing SubRip beside the package subtitle, counting tokens beside gpt-tokenizer and tiktoken, and both
              in a pool beside one thread
  flow        what runs with limits, retries and metrics cost an item, beside p-map, p-queue, bottleneck and
              cockatiel; how much of a limit is used
  pool        tasks a second, beside Piscina
  mongo       inserting, finding, copying and cleaning documents, beside the obvious loop, the driver's calls for many
              and Promise.all; on the server that MONGODB_URI names, else on FerretDB, which Go builds; what batches
              cost without a server

Options:
  --threads <n,…>  thread counts to measure, each for itself (default: one for each processor)
  --runs <n>       timed runs of each side (default: ${RUNS}, ${QUICK_RUNS} with --quick)
  --quick          smaller inputs, fewer runs: under two minutes for all suites
  --sizes <nxd,…>  similarity: rows and columns, like 4096x384,8192x768 (default: 4096x384, 8192x768, 4096x1536)
  --growth         similarity: also the time for n² as n grows from 2048 to 65536; takes minutes
  --kernel <name>  the kernel for ours: sets MILLRACE_KERNEL
  --node <v,…>     run under these versions of Node, like 20,22,24,26, which npm fetches
  --json           print one JSON array of rows, for programs (npm run --silent keeps npm's lines out)
  --help           print this

Environment:
  MILLRACE_PEERS    the folder with the peers from npm and the Python of npm run bench:peers (default: bench/peers)
  MILLRACE_PYTHON   the Python with numpy (default: the one in that folder, else python3)
  MONGODB_URI       a MongoDB for the suite mongo, which makes a database of its own in it and drops that
  MILLRACE_CORPORA  a folder with hf-course-srt, to be parsed instead of the samples

Exit codes: 0 done, 1 a peer gave another answer or something failed, 2 wrong usage.

Examples:
  npm run bench -- --quick
  npm run bench:pool -- --threads 1,2
  npm run bench:similarity -- --threads 1,2 --node 20,26 --kernel experimental
  npm run --silent bench -- similarity --runs 21 --json > rows.json
`;

try {
  const args = readArguments(process.argv.slice(2), Object.keys(SUITES));
  if (args.kernel !== undefined) process.env.MILLRACE_KERNEL = args.kernel;
  if (args.help) process.stdout.write(HELP);
  else if (args.nodes) await runUnderNodes(args.nodes, process.argv.slice(2), args.json);
  else await runSuites(args);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`error: ${error.message}\n(add --help for help)\n`);
  process.exitCode = 2;
}

async function runSuites({ suites, json, ...given }: BenchArguments): Promise<void> {
  const {
    quick,
    growth,
    sizes,
    kernel,
    threads = [MACHINE_THREADS],
    runs = quick ? QUICK_RUNS : RUNS,
  } = given;
  if (!json) process.stdout.write(`${describeMachine()}${kernel ? `, kernel ${kernel}` : ''}\n`);
  const all: Row[] = [];
  for (const [name, load] of Object.entries(SUITES)) {
    if (suites.length > 0 && !suites.includes(name)) continue;
    const { measure, describe, summarise } = await load();
    if (!json) process.stdout.write(`\n${[name, ...((await describe?.()) ?? [])].join('\n  ')}\n`);
    const rows = await rowsOf(measure({ threads, runs, quick, sizes, growth }), !json);
    all.push(...rows);
    if (json) continue;
    const summary = summarise?.(rows) ?? [];
    process.stdout.write(
      `${[formatTable(rows), ...summary.map((line) => `  ${line}`.trimEnd())].join('\n')}\n`,
    );
  }
  if (json) process.stdout.write(`${JSON.stringify(all)}\n`);
}

/**
 * Rows are kept; a side with another answer is told of on standard error, and in the exit code.
 *
 * @param tells - each row as soon as it is measured, on standard error
 */
async function rowsOf(results: ReturnType<Suite>, tells: boolean): Promise<Row[]> {
  const rows: Row[] = [];
  const startMs = performance.now();
  for await (const result of results) {
    if ('difference' in result) {
      const { suite, case: name, peer, difference } = result;
      process.stderr.write(`no row for ${suite}, ${name}, ${peer}: the answers differ: ${difference}\n`);
      process.exitCode = 1;
    } else {
      rows.push(result);
      const seconds = Math.round((performance.now() - startMs) / 1000);
      if (tells) process.stderr.write(`  ${seconds} s: ${result.case}, ${result.peer}\n`);
    }
  }
  return rows;
}
