import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliPath, runCli } from '../helpers/run-cli.js';

describe('millrace convert', () => {
  let folder: string;
  let srt: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-'));
    srt = join(folder, 'talk.srt');
    await writeFile(
      srt,
      Buffer.from(
        '1\n00:00:01,000 --> 00:00:02,000\nCaf\xe9 & <i>more</i>\n\n2\n00:00:03,000 --> 00:00:04,000\n\n',
        'latin1',
      ),
    );
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('writes WebVTT by the extension, and says what was mended', async () => {
    const out = join(folder, 'talk.vtt');
    const { code, stderr, stdout } = await runCli(['convert', srt, out, '--encoding', 'latin1', '--json']);
    expect(code).toBe(0);
    expect(await readFile(out, 'utf8')).toBe('WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nCafé &amp; more\n');
    expect(stderr).toBe(`${srt}:6: a cue without text: left out\n`);
    expect(JSON.parse(stdout)).toMatchObject({
      format: 'srt',
      encoding: 'windows-1252',
      cues: 1,
      warnings: [{ line: 6 }],
    });
  });

  it('reads standard input and writes standard output', () => {
    const input = '[{"text":"Hi","start":1,"duration":2}]';
    const { status, stdout } = spawnSync(process.execPath, [cliPath, 'convert', '-', '-', '--to', 'srt'], {
      input,
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    expect(stdout).toBe('1\n00:00:01,000 --> 00:00:03,000\nHi\n');
  });

  it.each([
    [['talk.srt', 'talk.txt'], 2, /expected \.srt or \.vtt, or --to/],
    [['talk.srt', '-', '--to', 'ass'], 2, /Allowed choices are srt, vtt/],
    [['talk.srt', 'x.vtt', '--encoding', 'utf-9'], 2, /Expected an encoding/],
    [
      ['talk.srt', 'x.vtt', '--strict', '--encoding', 'latin1'],
      1,
      /--strict allows none: nothing is written/,
    ],
    [['gone.srt', 'x.vtt'], 1, /gone\.srt: no such file/],
    [['prose.txt', 'x.vtt'], 1, /cue 0 has no times/],
  ])('%j ends with %d', async (args, expected, message) => {
    await writeFile(join(folder, 'prose.txt'), 'Only prose.');
    const { code, stderr } = await runCli(['convert', ...args], { cwd: folder });
    expect(code).toBe(expected);
    expect(stderr).toMatch(message);
  });
});
