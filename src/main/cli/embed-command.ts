import { rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { npyHeader } from '../../shared/npy.js';
import { forecastEmbedTexts } from '../api/forecast-embed-texts.js';
import { replaceable, writeFileAtomically } from '../files/atomic-write.js';
import { embedChunks } from './embed-chunks.js';
import { addEmbeddingOptions, type EmbeddingOptions } from './embedding-options.js';
import {
  addForecastingOptions,
  type ForecastingOptions,
  pricesOf,
  reportForecast,
} from './forecast-report.js';
import { jsonOption, quietOption, wholeNumber } from './option-values.js';
import { interrupted } from './program.js';
import { progressDisplay } from './progress-display.js';
import { readChunks } from './read-chunks.js';

interface EmbedCommandOptions extends EmbeddingOptions, ForecastingOptions {
  batchItems: number;
  batchTokens: number;
  out: string;
  dryRun?: true;
  json?: true;
  quiet?: true;
}

export function defineEmbedCommand(command: Command): void {
  command.argument('<chunks.jsonl>', 'chunks as millrace ingest and millrace graph write them');
  addEmbeddingOptions(command)
    .option('--batch-items <n>', 'chunks in a request, at most', wholeNumber(1), 128)
    .option('--batch-tokens <n>', 'tokens in a request, at most', wholeNumber(1), 8000)
    .option('--out <file.npy>', 'the vectors: row i for line i', 'embeddings.npy')
    .option(
      '--dry-run',
      'call nobody, and foretell time, requests, tokens and cost, by the next four options',
    );
  addForecastingOptions(command)
    .addOption(jsonOption())
    .addOption(quietOption())
    .addHelpText('after', HELP)
    .action(embedOrForecast);
}

const HELP = `
The key comes from OPENAI_API_KEY. What was paid for is kept in OUT.unfinished until all is there: after whatever ended a
run, the same command goes on where it was. --dry-run plays the whole run through on a clock of its own, against a simulated
server: it needs no key and no network. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C.

Examples:
  millrace embed chunks.jsonl --tpm 1000000 --rpm 3000 --out embeddings.npy
  millrace embed chunks.jsonl --tpm 1000000 --rpm 3000 --dry-run --latency 300 --price-in 0.02
  millrace embed chunks.jsonl --base-url http://127.0.0.1:8080/v1 --model bge-m3
  millrace graph chunks.jsonl --embeddings embeddings.npy --threshold 0.8
`;

async function embedOrForecast(path: string, options: EmbedCommandOptions): Promise<void> {
  if (options.dryRun) await forecast(path, options);
  else await embed(path, options);
}

async function forecast(path: string, options: EmbedCommandOptions): Promise<void> {
  const { tpm, rpm, concurrency, batchItems, batchTokens, latency, latencySigma } = options;
  const chunks = await readChunks(path);
  const result = await forecastEmbedTexts(chunks, {
    maxItems: batchItems,
    maxTokens: batchTokens,
    concurrency,
    server: {
      limits: { tokensPerMinute: tpm, requestsPerMinute: rpm },
      latencyMs: { median: latency, sigma: latencySigma },
    },
    prices: pricesOf(options),
    signal: interrupted,
  });
  reportForecast(result, options);
}

async function embed(path: string, options: EmbedCommandOptions): Promise<void> {
  const { out } = options;
  await replaceable(out);
  const journal = `${out}.unfinished`;
  const display = progressDisplay(options);
  try {
    const chunks = await readChunks(path);
    const startMs = performance.now();
    const { vectors, requests, inputTokens } = await embedChunks(chunks, {
      ...options,
      journal,
      signal: interrupted,
      progress: display.show,
    });
    const { rows, columns, data } = vectors;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    await writeFileAtomically(out, [npyHeader(rows, columns), bytes], { signal: interrupted });
    await rm(journal, { force: true });
    display.close();
    const elapsedMs = performance.now() - startMs;
    report({ out, rows, columns, requests, inputTokens, elapsedMs }, options);
  } finally {
    display.close();
  }
}

interface Summary {
  out: string;
  rows: number;
  columns: number;
  requests: number;
  inputTokens: number;
  elapsedMs: number;
}

function report(summary: Summary, { json, quiet }: EmbedCommandOptions): void {
  const { out, rows, columns, requests, inputTokens, elapsedMs } = summary;
  if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else if (!quiet)
    process.stderr.write(
      `${rows} × ${columns} in ${(elapsedMs / 1000).toFixed(1)} s: ${requests} requests, ${inputTokens} tokens → ${out}\n`,
    );
}
