import type { Command } from 'commander';
import type { Forecast, TokenPrices } from '../api/forecast-calls.js';
import { numberAtLeast } from './option-values.js';

/** What every forecast is told of the server. */
export interface ForecastingOptions {
  latency: number;
  latencySigma: number;
  priceIn?: number;
  priceOut?: number;
}

export function addForecastingOptions(command: Command): Command {
  return command
    .option('--latency <ms>', 'median time of an answer', numberAtLeast(0), 400)
    .option('--latency-sigma <n>', 'its log-normal spread, 0 for none', numberAtLeast(0), 0.4)
    .option('--price-in <price>', 'of a million input tokens, in any currency', numberAtLeast(0))
    .option('--price-out <price>', 'of a million output tokens; embeddings have none', numberAtLeast(0));
}

/** The prices, if there are any. */
export function pricesOf({ priceIn, priceOut }: ForecastingOptions): TokenPrices | undefined {
  if (priceIn === undefined && priceOut === undefined) return undefined;
  return { inputPerMillion: priceIn, outputPerMillion: priceOut };
}

/** A forecast on standard output, for people or for programs. */
export function reportForecast(forecast: Forecast, { json }: { json?: true }): void {
  process.stdout.write(json ? `${JSON.stringify(forecast)}\n` : table(forecast));
}

function table(forecast: Forecast): string {
  const { wallMs, calls, requests, inputTokens, outputTokens, cost, tokenUse, requestUse } = forecast;
  const rows: [string, string][] = [
    ['wall time', duration(wallMs)],
    ['calls', grouped(calls)],
    ['requests', grouped(requests)],
    ['input tokens', grouped(inputTokens)],
    ['output tokens', grouped(outputTokens)],
  ];
  if (cost !== null) rows.push(['cost', cost < 1 ? cost.toPrecision(3) : cost.toFixed(2)]);
  if (tokenUse !== null) rows.push(['use of --tpm', percent(tokenUse)]);
  if (requestUse !== null) rows.push(['use of --rpm', percent(requestUse)]);
  return rows.map(([name, value]) => `${name.padEnd(14)}${value.padStart(16)}\n`).join('');
}

const grouped = (value: number) => value.toLocaleString('en');
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** `2 h 5 min`, `3 min 20 s`, `12.3 s`. */
function duration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
