import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { ComputePool } from '../compute/compute-pool.js';
import type { GraphInputs } from '../graph/graph-inputs.js';
import { type GraphJobResult, runGraphJob } from '../graph/graph-job.js';
import type { GraphEmbedder } from '../graph/graph-store.js';
import type { GraphDatabase } from '../mongo/graph-database.js';
import { addEmbeddingOptions, type EmbeddingOptions } from './embedding-options.js';
import { Connections, mongoOption } from './mongo-options.js';
import {
  type CommonOptions,
  jsonOption,
  quietOption,
  similarity,
  threadsOption,
  wholeNumber,
} from './option-values.js';
import { EXIT, interrupted, UsageError } from './program.js';
import { progressDisplay } from './progress-display.js';
import { addReadingOptions, type ReadingOptions, readingOf } from './reading-options.js';

interface GraphCommandOptions extends CommonOptions, ReadingOptions, EmbeddingOptions {
  out: string;
  threshold?: number;
  topK?: number;
  maxDegree: number;
  embeddings?: string;
  embedder: 'lexical' | 'openai';
  mongo?: string;
  seed: number;
}

/** Neighbours per chunk where neither --top-k nor --threshold is given. */
const DEFAULT_TOP_K = 6;

export function defineGraphCommand(command: Command): void {
  command
    .argument(
      '[inputs...]',
      'transcripts (subtitles, JSON of speech recognition, text): files, folders or globs; or one chunks.jsonl; none: the chunks of --mongo',
    )
    .option('--out <folder>', 'where the outputs go', 'out')
    .option('--threshold <t>', 'join chunks whose similarity is at least t', similarity)
    .option(
      '--top-k <k>',
      `join each chunk with its k nearest (default: ${DEFAULT_TOP_K} without --threshold)`,
      wholeNumber(1),
    )
    .option(
      '--max-degree <n>',
      'keep an edge only if it is among the n best of both ends',
      wholeNumber(1),
      200,
    );
  addReadingOptions(command)
    .option('--embeddings <file.npy>', 'with a chunks.jsonl: vectors from elsewhere, row i for line i')
    .addOption(
      new Option(
        '--embedder <name>',
        'lexical: words, offline; openai: a server that speaks its protocol, with the options below',
      )
        .choices(['lexical', 'openai'])
        .default('lexical'),
    );
  addEmbeddingOptions(command)
    .addOption(mongoOption('also keep chunks, embeddings and edges in a MongoDB'))
    .option('--seed <n>', 'of the search for communities', wholeNumber(0), 1)
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addOption(quietOption())
    .addHelpText('after', HELP)
    .action(makeGraph);
}

const HELP = `
Writes chunks.jsonl, embeddings.npy, edges.csv, graph.graphml, summary.json and report.html.
With --embedder openai the key comes from OPENAI_API_KEY, and what was paid for is kept in OUT/embeddings.npy.unfinished until
all is written: after whatever ended a run, the same command goes on where it was.
With --mongo a second run writes nothing that is there already, and vectors of --embedder openai that are there are not paid for
again. The collection edges has the last graph.
Exit codes: 0 done, 1 nothing could be done, 2 wrong usage, 3 done but some inputs failed, 130 stopped by Ctrl-C.

Examples:
  millrace graph talks/ --out out
  millrace graph 'archive/**/*.srt' --threshold 0.3 --max-degree 50
  millrace graph talks/ --chunk-tokens 256 --chunk-overlap 32 --tokenizer o200k_base --json
  millrace graph talks/ --embedder openai --model text-embedding-3-small --tpm 1000000 --rpm 3000 --threshold 0.6
  millrace graph out/chunks.jsonl --embeddings vectors.npy --threshold 0.8
  millrace graph --mongo mongodb://127.0.0.1:27017/talks
`;

/** The heap of a thread: a graph of millions of edges is searched for communities in one. */
const HEAP_MB = 4096;

async function makeGraph(inputs: string[], options: GraphCommandOptions): Promise<void> {
  checkEmbedding(options);
  const reading = readingOf(options);
  await using connections = new Connections();
  const database = await connections.graph(options.mongo);
  const graphInputs = inputsOf(inputs, options, reading, database);
  const { threshold, maxDegree, seed, out: outFolder } = options;
  const topK = options.topK ?? (threshold === undefined ? DEFAULT_TOP_K : undefined);
  const journal = `${join(outFolder, 'embeddings.npy')}.unfinished`;
  const display = progressDisplay(options);
  const pool = new ComputePool({
    threads: options.threads,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  try {
    const result = await runGraphJob({
      inputs: graphInputs,
      ...(options.embedder === 'openai' && { embedder: embedderOf(journal, options, database) }),
      ...(database !== undefined && { store: database }),
      ...(threshold !== undefined && { threshold }),
      ...(topK !== undefined && { topK }),
      maxDegree,
      seed,
      outFolder,
      pool,
      signal: interrupted,
      progress: display.show,
    });
    if (options.embedder === 'openai') await rm(journal, { force: true });
    display.close();
    report(result, pool, options);
    if (result.summary.failures.length > 0) process.exitCode = EXIT.someFailed;
  } finally {
    display.close();
    await pool.close();
  }
}

/** @throws UsageError */
function checkEmbedding({ embedder, embeddings, baseUrl, dimensions, tpm, rpm }: GraphCommandOptions): void {
  if (embedder === 'openai') {
    if (embeddings !== undefined)
      throw new UsageError('--embeddings and --embedder openai exclude each other');
    return;
  }
  const given = Object.entries({
    '--base-url': baseUrl,
    '--dimensions': dimensions,
    '--tpm': tpm,
    '--rpm': rpm,
  });
  const [name] = given.find(([, value]) => value !== undefined) ?? [];
  if (name !== undefined) throw new UsageError(`${name} goes with --embedder openai`);
}

function embedderOf(
  journal: string,
  options: GraphCommandOptions,
  database: GraphDatabase | undefined,
): GraphEmbedder {
  const embedder = openAiEmbedder(journal, options);
  return database?.remembering(embedder) ?? embedder;
}

function openAiEmbedder(journal: string, options: GraphCommandOptions): GraphEmbedder {
  return {
    name: ['openai', options.model, ...(options.dimensions ? [options.dimensions] : [])].join(' '),
    async embed(chunks, { progress }) {
      // Loaded only here: other graphs need no HTTP.
      const { embedChunks } = await import('./embed-chunks.js');
      const { vectors } = await embedChunks(chunks, {
        ...options,
        journal,
        signal: interrupted,
        ...(progress && { progress }),
      });
      return vectors;
    },
  };
}

function inputsOf(
  inputs: string[],
  options: GraphCommandOptions,
  { maxTokens: chunkTokens, overlapTokens: chunkOverlap, ...reading }: ReturnType<typeof readingOf>,
  database: GraphDatabase | undefined,
): GraphInputs {
  const { embeddings } = options;
  const [first] = inputs;
  if (first === undefined) {
    if (database === undefined)
      throw new UsageError('no inputs: expected some, or --mongo with their chunks');
    if (embeddings !== undefined)
      throw new UsageError('--embeddings goes with one chunks.jsonl as the input');
    return { store: database };
  }
  const isChunksFile = inputs.length === 1 && first!.endsWith('.jsonl');
  if (isChunksFile)
    return { chunksFile: first!, ...(embeddings !== undefined && { embeddingsFile: embeddings }) };
  const chunksFile = inputs.find((input) => input.endsWith('.jsonl'));
  if (chunksFile !== undefined) {
    throw new UsageError(
      `${chunksFile}: chunks made before have to be the only input, received ${inputs.length} inputs`,
    );
  }
  if (embeddings !== undefined) throw new UsageError('--embeddings goes with one chunks.jsonl as the input');
  return { transcripts: inputs, chunkTokens, chunkOverlap, ...reading };
}

function report(result: GraphJobResult, pool: ComputePool, { json, quiet }: GraphCommandOptions): void {
  const { summary, stages, outputs } = result;
  const { threads, utilisation } = pool.stats();
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...summary, stages, threads, utilisation, outputs })}\n`);
    return;
  }
  for (const { source, reason } of summary.failures) process.stderr.write(`failed: ${source}: ${reason}\n`);
  if (quiet) return;
  const warnings = summary.inputs.reduce((total, input) => total + input.warnings.length, 0);
  const mended = warnings === 0 ? '' : `, ${warnings} warnings (see summary.json)`;
  const lines = [
    `${summary.files} files, ${summary.chunks} chunks, ${summary.tokens} tokens${mended}`,
    `${summary.pairs} pairs, ${summary.edges} edges, ${summary.communities.length} communities, ${summary.isolated} isolated chunks`,
    '',
    ...stages.map(({ name, elapsedMs, items, unit }) => {
      const rate = elapsedMs === 0 ? '' : `${Math.round((items * 1000) / elapsedMs)} ${unit}/s`;
      return `  ${name.padEnd(11)}${`${elapsedMs.toFixed(0)} ms`.padStart(9)}  ${`${items} ${unit}`.padEnd(18)} ${rate}`;
    }),
    `  ${threads} threads, ${(100 * utilisation).toFixed(0)} % in use`,
    '',
    ...summary.communities.map(
      ({ community, size, typical }) => `  community ${community}: ${size} chunks, such as ${typical[0]}`,
    ),
    '',
    ...outputs,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
