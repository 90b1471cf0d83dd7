import { describe, expect, it } from 'vitest';
import { createOpenAiClient } from '../../src/main/api.js';
import { runCli } from '../helpers/run-cli.js';

const chat = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Why?' }], max_tokens: 30 };

/** Runs the command until `work` has called its server. */
async function served(args: readonly string[], work: (url: string) => Promise<void>) {
  let isDone = false;
  let started: Promise<void> | undefined;
  let seen = '';
  const result = await runCli(['simulate-api', ...args], {
    onStdout: (text) => {
      seen += text;
      const [url] = /http:\/\/[^\s"]+/.exec(seen) ?? [];
      if (url === undefined || !/\n/.test(seen)) return;
      started ??= work(url).finally(() => {
        isDone = true;
      });
    },
    kill: { signal: 'SIGINT', when: () => isDone },
  });
  await started;
  return result;
}

async function callTwice(baseUrl: string): Promise<void> {
  await using client = createOpenAiClient({ baseUrl });
  await client.complete(chat);
  await client.complete(chat);
}

describe('millrace simulate-api', () => {
  it('prints its address, serves until Ctrl-C, and then prints its counts', async () => {
    const { code, stdout, stderr } = await served(
      ['--latency', '0', '--tokens-per-minute', '9000'],
      callTwice,
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1\n$/);
    expect(stderr).toMatch(/2 requests in \d+\.\d s: 2 admitted, 2 completed, 0 refused by a limit/);
    expect(stderr).toContain('items: 1, repeated calls: 1');
  });

  it('prints JSON for programs', async () => {
    const { code, stdout, stderr } = await served(['--latency', '0', '--json', '--quiet'], callTwice);
    const [address, counts] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect([code, stderr]).toEqual([0, '']);
    expect(address).toEqual({ url: expect.stringContaining('/v1'), port: expect.any(Number) });
    expect(counts).toMatchObject({ requests: 2, completed: 2, repeated: 1, utilisation: null });
  });

  it('fails as it is told to', async () => {
    const { stderr } = await served(
      ['--latency', '0', '--fault', '503', '--fault', 'quota'],
      async (baseUrl) => {
        await using client = createOpenAiClient({ baseUrl });
        await expect(client.complete(chat)).rejects.toMatchObject({ category: 'transient' });
      },
    );
    expect(stderr).toContain('faults: 1 × 503');
  });

  it.each([
    [['--fault', 'boom'], 'expected a status from 400 to 599'],
    [['--mode', 'leaky'], 'Expected bucket, window, slices, hidden.'],
    [['--limit-change', '0.5'], 'Expected a factor'],
    [['--tokens-per-minute', '0'], 'Expected a whole number from 1.'],
    [['--latency', '-1'], 'Expected a number from 0.'],
  ])('refuses wrong usage: %j', async (args, message) => {
    const { code, stderr } = await runCli(['simulate-api', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it('names its examples in --help', async () => {
    const { code, stdout } = await runCli(['simulate-api', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(
      'millrace simulate-api --tokens-per-minute 90000 --start empty --fault 503@10s-70s',
    );
  });
});
