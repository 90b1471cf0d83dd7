import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeNeeding } from '../helpers/requirements.js';
import { cliPath, runCli } from '../helpers/run-cli.js';

const samples = fileURLToPath(new URL('../../samples', import.meta.url));
const SCRIPT = '/usr/bin/script';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('reports progress in plain lines where there is no terminal', async () => {
  const { stderr } = await runCli(['graph', samples, '--out', folder]);
  expect(stderr).toMatch(/^parse: 20\/20 files, \d+\.\d MB\/s$/m);
  expect(stderr).not.toContain('\u001b');
});

it('reports none when it shall be quiet', async () => {
  const { stdout, stderr } = await runCli(['graph', samples, '--out', folder, '--quiet']);
  expect([stdout, stderr]).toEqual(['', '']);
});

describeNeeding(existsSync(SCRIPT) ? undefined : `there is no ${SCRIPT}`, 'progress on a terminal', () => {
  it('is a bar for each stage, which is cleared in the end', async () => {
    const command = `${process.execPath} ${cliPath} graph ${samples} --out ${folder}`;
    const { stdout } = await promisify(execFile)(SCRIPT, ['-qec', command, '/dev/null'], {
      env: { ...process.env, TERM: 'xterm' },
    });
    expect(stdout).toMatch(/parse +[█░]+ \d+\/20 files/);
    expect(stdout).not.toContain('parse: 20/20');
    expect(stdout).toMatch(/20 files, \d+ chunks/);
  });
});
