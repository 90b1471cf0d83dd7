import { Command } from 'commander';
import { expect, it } from 'vitest';
import { withFlags } from '../../../../src/main/cli/flag-names.js';

const command = new Command()
  .option('--batch-tokens <n>')
  .option('--base-url <url>')
  .option('--model <name>');
const told = (...names: string[]) =>
  withFlags({ options: names.map((name) => ({ name, problem: 'wrong' })) }, command);

it('names options as the command does', () => {
  expect(told('baseUrl', 'maxTokens', 'settings.model')).toBe(
    '--base-url: wrong; --batch-tokens: wrong; --model: wrong',
  );
});

it('names what comes from the environment, and what is no option of the command', () => {
  expect(told('apiKey')).toBe('OPENAI_API_KEY: wrong');
  expect(told('timeoutMs')).toBe('option "timeoutMs": wrong');
});

it('adds advice', () => {
  const refused = { options: [{ name: 'model', problem: 'a then, b now' }], advice: 'begin anew' };
  expect(withFlags(refused, command)).toBe('--model: a then, b now; begin anew');
});
