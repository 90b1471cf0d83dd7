import { type Command, Option } from 'commander';
import { forecastCalls } from '../api/forecast-calls.js';
import {
  addForecastingOptions,
  type ForecastingOptions,
  pricesOf,
  reportForecast,
} from './forecast-report.js';
import { jsonOption, numberAtLeast, wholeNumber } from './option-values.js';
import { interrupted } from './program.js';
import { readChunks } from './read-chunks.js';

interface ForecastCommandOptions extends ForecastingOptions {
  tpm?: number;
  rpm?: number;
  concurrency: number;
  promptTokens: number;
  maxTokens: number;
  output: number;
  outputSigma: number;
  seed: number;
  json?: true;
}

export function defineForecastCommand(command: Command): void {
  command
    .argument('<chunks.jsonl>', 'chunks as millrace ingest and millrace graph write them: a call for each')
    .option('--tpm <n>', 'tokens a minute that the server allows (default: no limit)', wholeNumber(1))
    .option('--rpm <n>', 'requests a minute that it allows (default: no limit)', wholeNumber(1))
    .option('--concurrency <n>', 'calls under way at once', wholeNumber(1), 32)
    .option(
      '--prompt-tokens <n>',
      'what each prompt has besides its chunk: instructions, format',
      wholeNumber(0),
      0,
    )
    .option(
      '--max-tokens <n>',
      'the most that an answer may have, which servers reserve; 0 for embeddings',
      wholeNumber(0),
      1024,
    )
    .option(
      '--output <tokens>',
      'median length of an answer, before --max-tokens cuts it',
      wholeNumber(1),
      120,
    )
    .option('--output-sigma <n>', 'its log-normal spread, 0 for none', numberAtLeast(0), 0.6);
  addForecastingOptions(command)
    .option('--seed <n>', 'of all that is random', wholeNumber(0), 1)
    .addOption(jsonOption())
    .addOption(new Option('--quiet', 'nothing but the forecast, as always: it has no progress'))
    .addHelpText('after', HELP)
    .action(forecast);
}

const HELP = `
Plays the run through on a clock of its own, with the runner, limiter and policies of a real one, against a simulated server
of which no more is known than these options. It needs no key and no network, and a run of ten minutes takes about a
second. For embeddings in batches: millrace embed --dry-run.

Examples:
  millrace forecast chunks.jsonl --tpm 1000000 --rpm 10000 --concurrency 64 --prompt-tokens 40 --max-tokens 200
  millrace forecast chunks.jsonl --tpm 90000 --latency 900 --output 150 --price-in 0.15 --price-out 0.6 --json
`;

async function forecast(path: string, options: ForecastCommandOptions): Promise<void> {
  const { tpm, rpm, concurrency, promptTokens, maxTokens, seed } = options;
  const chunks = await readChunks(path);
  const calls = chunks.map(({ tokens }) => ({ promptTokens: promptTokens + tokens, maxTokens }));
  const result = await forecastCalls(calls, {
    server: {
      limits: { tokensPerMinute: tpm, requestsPerMinute: rpm },
      latencyMs: { median: options.latency, sigma: options.latencySigma },
      outputTokens: { median: options.output, sigma: options.outputSigma },
      seed,
    },
    concurrency,
    prices: pricesOf(options),
    signal: interrupted,
  });
  reportForecast(result, options);
}
