import { type Command, InvalidArgumentError } from 'commander';
import { errorMessage, hasCode } from '../../shared/errors.js';
import type { SimulatedStats } from '../api/simulated-counts.js';
import { durationMs, type Fault, parseFault } from '../api/simulated-faults.js';
import type { LimitChange, LimitMode } from '../api/simulated-options.js';
import {
  type SimulatedServer,
  type SimulatedServerOptions,
  startSimulatedServer,
} from '../api/simulated-server.js';
import { jsonOption, numberAtLeast, quietOption, wholeNumber } from './option-values.js';
import { interrupted, UsageError } from './program.js';

interface SimulateApiOptions {
  port: number;
  host: string;
  mode: LimitMode;
  tokensPerMinute?: number;
  requestsPerMinute?: number;
  start: 'full' | 'empty';
  limitChange: LimitChange[];
  latency: number;
  latencySigma: number;
  output: number;
  outputSigma: number;
  fault: Fault[];
  counting: 'exact' | 'estimate';
  seed: number;
  json?: true;
  quiet?: true;
}

export function defineSimulateApiCommand(command: Command): void {
  command
    .option('--port <n>', 'port, or 0 for any that is free', wholeNumber(0), 0)
    .option('--host <address>', 'address to listen at', '127.0.0.1')
    .option(
      '--mode <mode>',
      'how limits are enforced: bucket, window, slices or hidden',
      oneOf(MODES),
      'bucket',
    )
    .option('--tokens-per-minute <n>', 'limit of prompt and output tokens (default: none)', wholeNumber(1))
    .option('--requests-per-minute <n>', 'limit of requests (default: none)', wholeNumber(1))
    .option(
      '--start <state>',
      'the limits at the first request: full or empty',
      oneOf(['full', 'empty']),
      'full',
    )
    .option(
      '--limit-change <factor@time>',
      'limits are so many times those given from then on; repeatable',
      collect(limitChange),
      [],
    )
    .option('--latency <ms>', 'median time of an answer', numberAtLeast(0), 400)
    .option('--latency-sigma <n>', 'its log-normal spread, 0 for none', numberAtLeast(0), 0.4)
    .option('--output <tokens>', 'median length of an answer, before max_tokens cuts it', wholeNumber(1), 120)
    .option('--output-sigma <n>', 'its log-normal spread, 0 for none', numberAtLeast(0), 0.6)
    .option('--fault <what>', 'what goes wrong, how often and when; repeatable', collect(fault), [])
    .option(
      '--counting <how>',
      'how prompts are counted: exact or estimate',
      oneOf(['exact', 'estimate']),
      'exact',
    )
    .option('--seed <n>', 'of all that is random', wholeNumber(0), 1)
    .addOption(jsonOption())
    .addOption(quietOption())
    .addHelpText('after', HELP)
    .action(simulate);
}

const HELP = `
A server that answers as OpenAI's does: POST /v1/embeddings and /v1/chat/completions, streamed too, GET
/v1/models, and GET /simulation for its own counts. It runs until Ctrl-C, and then prints them. Time, for
faults, changes and limits that start empty, begins with the first request: an empty limit refuses that one, unless it
only asks for /v1/models. Any API key will do.

Modes: bucket (OpenAI's continuous refill), window (never above the limit in any 60 seconds), slices (a
sixtieth of it a second, as Azure), hidden (a bucket that tells nobody its limit).

Faults: a status from 400 to 599, quota, reset, stall, truncated or malformed; then how often (:1%), and
when (@10s-70s, @60s).

With --json, the first line of standard output is the address, the last one the counts.

Examples:
  millrace simulate-api --port 8080 --tokens-per-minute 90000 --requests-per-minute 500
  millrace simulate-api --tokens-per-minute 90000 --start empty --fault 503@10s-70s --fault 429:1%
  millrace simulate-api --mode hidden --tokens-per-minute 90000 --limit-change 0.5@2m --limit-change 2@4m
`;

const MODES = ['bucket', 'window', 'slices', 'hidden'] as const;

async function simulate(options: SimulateApiOptions): Promise<void> {
  const { port, host, counting, seed, mode, start, tokensPerMinute, requestsPerMinute } = options;
  await using server = await started({
    port,
    host,
    counting,
    seed,
    limits: { mode, start, tokensPerMinute, requestsPerMinute, changes: options.limitChange },
    latencyMs: { median: options.latency, sigma: options.latencySigma },
    outputTokens: { median: options.output, sigma: options.outputSigma },
    faults: options.fault,
  });
  announce(server, options);
  await stopped();
  const { api } = server;
  await server.close();
  // Until its last event: that nobody asked for more since says nothing of a client.
  report(api.stats(api.latestEventMs), options);
}

async function started(options: SimulatedServerOptions): Promise<SimulatedServer> {
  try {
    return await startSimulatedServer(options);
  } catch (error) {
    if (!['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL'].some((code) => hasCode(error, code))) throw error;
    throw new UsageError(`--port ${options.port}, --host ${options.host}: ${errorMessage(error)}`);
  }
}

function announce({ url, port }: SimulatedServer, { json, quiet }: SimulateApiOptions): void {
  if (json) process.stdout.write(`${JSON.stringify({ url, port })}\n`);
  else process.stdout.write(`${url}\n`);
  if (!json && !quiet) process.stderr.write('Ctrl-C stops it and prints its counts\n');
}

/** Ends with Ctrl-C, which is how this command ends well. */
function stopped(): Promise<void> {
  return new Promise((resolve) => {
    if (interrupted.aborted) resolve();
    else interrupted.addEventListener('abort', () => resolve(), { once: true });
  });
}

function report(stats: SimulatedStats, { json, quiet }: SimulateApiOptions): void {
  if (json) process.stdout.write(`${JSON.stringify(stats)}\n`);
  else if (!quiet) process.stderr.write(summary(stats));
}

function summary(stats: SimulatedStats): string {
  const { requests, admitted, completed, refused, faults, utilisation } = stats;
  const hits = Object.entries(faults).map(([kind, count]) => `${count} × ${kind}`);
  const lines = [
    `${requests} requests in ${(stats.elapsedMs / 1000).toFixed(1)} s: ${admitted} admitted, ${completed} completed, ${refused} refused by a limit`,
    `tokens: ${stats.tokensAdmitted} admitted, ${stats.tokensSettled} settled, at most ${stats.mostTokensInAMinute} in a minute`,
    `violations of the limit in 60 s: ${stats.violations}; items: ${stats.keys}, repeated calls: ${stats.repeated}`,
    ...(hits.length > 0 ? [`faults: ${hits.join(', ')}`] : []),
    ...(utilisation === null ? [] : [`use of the token limit: ${(utilisation * 100).toFixed(1)} %`]),
  ];
  return `${lines.join('\n')}\n`;
}

function oneOf<T extends string>(values: readonly T[]): (text: string) => T {
  return (text) => {
    const found = values.find((value) => value === text);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`Expected ${values.join(', ')}.`);
  };
}

/** For options that may be given several times. */
function collect<T>(parse: (text: string) => T): (text: string, before: T[]) => T[] {
  return (text, before) => [...before, parse(text)];
}

function fault(text: string): Fault {
  try {
    return parseFault(text);
  } catch (error) {
    throw new InvalidArgumentError(errorMessage(error));
  }
}

function limitChange(text: string): LimitChange {
  const [factor = '', time = ''] = text.split('@');
  const change = { factor: Number(factor), atMs: durationMs(time) };
  if (change.factor >= 0.001 && change.factor <= 1000 && change.atMs >= 0) return change;
  throw new InvalidArgumentError('Expected a factor from 0.001 to 1000 and a time, such as 0.5@2m.');
}
