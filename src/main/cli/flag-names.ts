import type { Command } from 'commander';
import type { RefusedOptions } from '../../shared/errors.js';

/**
 * What options of the library are called here, where it isn't the same: whichever of these a command has. Not those whose
 * values are told in other units.
 */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  k: ['--top-k'],
  maxItems: ['--batch-items'],
  maxTokens: ['--chunk-tokens', '--batch-tokens'],
  memoryLimitBytes: ['--memory-limit'],
  overlapTokens: ['--chunk-overlap'],
  requestsPerMinute: ['--rpm'],
  strategy: ['--chunk-strategy'],
  tokensPerMinute: ['--tpm'],
};

/** What is wrong with options of the library, by the names that they have in a command. */
export function withFlags({ options, advice }: RefusedOptions, command: Command): string {
  const problems = options.map(({ name, problem }) => `${flagOf(name, command)}: ${problem}`);
  return [...problems, ...(advice === undefined ? [] : [advice])].join('; ');
}

function flagOf(path: string, command: Command): string {
  const name = path.slice(path.lastIndexOf('.') + 1);
  const same = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const known = [same, ...(FLAGS[name] ?? [])];
  if (name === 'apiKey') return 'OPENAI_API_KEY';
  const own = known.find((flag) => command.options.some(({ long }) => long === flag));
  return own ?? `option "${path}"`;
}
