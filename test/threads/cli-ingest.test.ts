import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mulberry32 } from '../../src/shared/random.js';
import { describeNeeding } from '../helpers/requirements.js';
import { cliPath, runCli } from '../helpers/run-cli.js';

const SAMPLES = fileURLToPath(new URL('../../samples', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-'));
});
afterAll(() => rm(folder, { recursive: true }));

const path = (name: string) => join(folder, name);
const manifestOf = async (out: string) => JSON.parse(await readFile(`${out}.manifest.json`, 'utf8'));
const sha256 = async (file: string) =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');

/** A SubRip file of so many cues. */
function subtitles(seed: number, cues: number): string {
  const random = mulberry32(seed);
  const word = () => ['water', 'wheel', 'stone', 'mill', 'river', 'flour'][Math.floor(random() * 6)];
  const stamp = (s: number) =>
    `${String(Math.floor(s / 3600)).padStart(2, '0')}:${String(Math.floor(s / 60) % 60).padStart(2, '0')}:${String(s % 60).padStart(2, '0')},000`;
  return Array.from(
    { length: cues },
    (_, i) => `${i + 1}\n${stamp(2 * i)} --> ${stamp(2 * i + 1)}\n${word()} ${word()} ${word()}.\n`,
  ).join('\n');
}

/** A tar archive in memory. */
async function tar(files: Record<string, string | Buffer>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of archive) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

describe('millrace ingest', () => {
  it('writes the chunks of a folder, and a manifest of what became of each file', async () => {
    const out = path('samples.jsonl');
    const { code, stdout } = await runCli(['ingest', SAMPLES, '--out', out, '--json']);
    expect(code).toBe(0);
    const summary = JSON.parse(stdout);
    const chunks = (await readFile(out, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const { files } = await manifestOf(out);
    expect(summary).toMatchObject({ files: 20, failed: 0, resumed: 0, chunks: chunks.length });
    expect(files).toHaveLength(20);
    expect(files.map(({ source }: { source: string }) => source)).toEqual(
      [...files.map(({ source }: { source: string }) => source)].sort(),
    );
    for (const file of files) {
      const own = chunks.filter(({ source }) => source === file.source);
      expect(file).toMatchObject({
        status: 'done',
        chunks: own.length,
        encoding: 'utf-8',
        tokens: own.reduce((sum, { tokens }) => sum + tokens, 0),
      });
      expect(file.sha256).toBe(await sha256(join(SAMPLES, file.source)));
    }
    expect(existsSync(`${out}.unfinished`)).toBe(false);
    expect(existsSync(`${out}.lock`)).toBe(false);
  });

  it('reads archives as it reads folders, and standard input', async () => {
    const files = Object.fromEntries(
      ['bread/01-starter.srt', 'bread/02-hydration.vtt', 'bees/04-swarm-season.sbv'].map((name) => [
        name,
        join(SAMPLES, name),
      ]),
    );
    const contents = Object.fromEntries(
      await Promise.all(Object.entries(files).map(async ([name, file]) => [name, await readFile(file)])),
    );
    const archive = await tar({
      ...contents,
      '__MACOSX/x.srt': 'x',
      '.hidden.srt': 'x',
      'picture.png': 'x',
      './README.md': 'x',
    });
    await writeFile(path('talks.tar'), archive);
    await writeFile(path('talks.tar.gz'), gzipSync(archive));
    const gist = async (name: string) =>
      (await readFile(path(name), 'utf8')).replaceAll(/talks\.tar(?:\.gz)?!\/|-!\//g, '');
    expect((await runCli(['ingest', path('talks.tar'), '--out', path('tar.jsonl'), '--quiet'])).code).toBe(0);
    expect((await runCli(['ingest', path('talks.tar.gz'), '--out', path('gz.jsonl'), '--quiet'])).code).toBe(
      0,
    );
    const piped = spawnSync(process.execPath, [cliPath, 'ingest', '-', '--out', path('pipe.jsonl')], {
      input: gzipSync(archive),
    });
    expect(piped.status).toBe(0);
    expect(
      (await manifestOf(path('tar.jsonl'))).files.map(({ source }: { source: string }) => source),
    ).toEqual(Object.keys(files).map((name) => `talks.tar!/${name}`));
    expect(await gist('gz.jsonl')).toBe(await gist('tar.jsonl'));
    expect(await gist('pipe.jsonl')).toBe(await gist('tar.jsonl'));
    const single = spawnSync(process.execPath, [cliPath, 'ingest', '-', '--out', path('one.jsonl')], {
      input: await readFile(files['bread/01-starter.srt']!),
    });
    expect(single.status).toBe(0);
    expect((await manifestOf(path('one.jsonl'))).files).toMatchObject([{ source: '-', format: 'srt' }]);
  });

  it('says how many files were passed over, and which', async () => {
    const inputs = path('mixed');
    await mkdir(inputs);
    await cp(join(SAMPLES, 'bread/01-starter.srt'), join(inputs, 'a.srt'));
    const archive = await tar({ 'b.srt': subtitles(1, 9), 'c.mp4': 'x', './__MACOSX/d': 'x' });
    await writeFile(join(inputs, 'b.tar'), archive);
    for (const name of ['notes.docx', 'README.md', '.hidden.docx']) await writeFile(join(inputs, name), 'x');
    const out = path('mixed.jsonl');
    const { code, stderr } = await runCli(['ingest', inputs, '--out', out]);
    expect([code, stderr]).toEqual([0, expect.stringContaining('2 files, 3 passed over')]);
    const { passedOver } = await manifestOf(out);
    expect(passedOver).toEqual({
      files: 3,
      extensions: { '.md': 1, '.docx': 1, '.mp4': 1 },
      first: ['README.md', 'notes.docx', 'b.tar!/c.mp4'],
    });
    const { stdout } = await runCli(['ingest', inputs, '--out', out, '--json']);
    expect(JSON.parse(stdout).passedOver).toBe(3);
  });

  it('never reads its own outputs', async () => {
    const inputs = path('own');
    await cp(join(SAMPLES, 'bread'), inputs, { recursive: true });
    const out = join(inputs, 'chunks.jsonl');
    for (const input of [inputs, inputs, join(inputs, '*')]) {
      const { code, stdout } = await runCli(['ingest', input, '--out', out, '--json']);
      expect([code, JSON.parse(stdout)]).toEqual([
        0,
        expect.objectContaining({ files: 4, failed: 0, passedOver: 0 }),
      ]);
    }
    const named = await runCli(['ingest', out, '--out', out]);
    expect([named.code, named.stderr]).toEqual([2, expect.stringContaining('an output of this run')]);
    // That run has done nothing: one with other options begins anew.
    expect((await runCli(['ingest', inputs, '--out', out, '--chunk-tokens', '100'])).code).toBe(0);
  });

  it('reads what is whole of an archive that was cut off', async () => {
    const archive = gzipSync(
      await tar({ 'a.srt': subtitles(1, 50), 'b.srt': subtitles(2, 5000), 'c.srt': subtitles(3, 50) }),
    );
    await writeFile(path('cut.tgz'), archive.subarray(0, archive.length >> 1));
    const { code, stderr } = await runCli(['ingest', path('cut.tgz'), '--out', path('cut.jsonl')]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/failed: cut\.tgz: unexpected end of file/);
    const { files } = await manifestOf(path('cut.jsonl'));
    expect(files).toMatchObject(
      [{ status: 'done', source: 'cut.tgz!/a.srt' }, { status: 'failed' }, { status: 'failed' }].slice(
        0,
        files.length,
      ),
    );
  });

  it('names duplicates, and leaves them out if it is told so', async () => {
    const inputs = path('twice');
    await cp(join(SAMPLES, 'bread'), inputs, { recursive: true });
    await cp(join(inputs, '01-starter.srt'), join(inputs, '09-again.srt'));
    const out = path('twice.jsonl');
    const { stdout } = await runCli(['ingest', inputs, '--out', out, '--skip-duplicates', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ files: 5, duplicates: 1 });
    expect((await manifestOf(out)).files.at(-1)).toMatchObject({
      status: 'duplicate',
      source: '09-again.srt',
      duplicateOf: '01-starter.srt',
    });
    expect(await readFile(out, 'utf8')).not.toContain('09-again');
    await runCli(['ingest', inputs, '--out', out]);
    expect(await readFile(out, 'utf8')).toContain('09-again');
  });

  it('names files that are nearly the same, also in another format', async () => {
    const inputs = path('alike');
    await mkdir(inputs);
    const srt = await readFile(join(SAMPLES, 'bread/01-starter.srt'), 'utf8');
    await writeFile(join(inputs, 'a.srt'), srt);
    await writeFile(join(inputs, 'b.vtt'), `WEBVTT\n\n${srt.replaceAll(/(\d\d),(\d\d\d)/g, '$1.$2')}`);
    await writeFile(join(inputs, 'c.srt'), srt.replace('flour', 'rye flour'));
    await cp(join(SAMPLES, 'bread/02-hydration.vtt'), join(inputs, 'd.vtt'));
    const out = path('alike.jsonl');
    const args = ['ingest', inputs, '--out', out, '--json'];
    const { stdout } = await runCli(args);
    expect(JSON.parse(stdout)).toMatchObject({ files: 4, duplicates: 0, nearDuplicates: 2 });
    const { files } = await manifestOf(out);
    expect(files.map((file: object) => 'nearDuplicateOf' in file)).toEqual([false, true, true, false]);
    expect(files[1].nearDuplicateOf).toEqual({ source: 'a.srt', similarity: 1 });
    expect(files[2].nearDuplicateOf.source).toBe('a.srt');
    expect(files[2].nearDuplicateOf.similarity).toBeGreaterThan(0.9);
    expect(files[2].nearDuplicateOf.similarity).toBeLessThan(1);
    const off = await runCli([...args, '--near-duplicates', 'off']);
    expect(JSON.parse(off.stdout)).toMatchObject({ nearDuplicates: 0 });
    expect((await runCli([...args, '--near-duplicates', '0.4'])).stderr).toMatch(
      /Expected a number from 0\.5 to 1/,
    );
  });

  it('fails files with warnings, if it is told so', async () => {
    const out = path('strict.jsonl');
    const { code, stderr } = await runCli(['ingest', join(SAMPLES, 'rivers'), '--out', out, '--strict']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/failed: 03-broken-captions\.srt: line \d+: .*strict allows none/);
    expect(await readFile(out, 'utf8')).not.toContain('03-broken');
  });

  it.each([
    [['x.srt', '--out', 'o', '--window', '30'], 2, /--window 30 goes with --chunk-strategy window/],
    [['x.srt'], 2, /required option '--out <file>'/],
    [['gone.srt', '--out', 'o.jsonl'], 1, /failed: gone\.srt: no such file/],
    [
      ['gone.srt', '--out', 'o.jsonl', '--chunk-tokens', '16', '--chunk-overlap', '8'],
      2,
      /--chunk-overlap: .* received 8/,
    ],
  ])('%j ends with %d', async (args, expected, message) => {
    const { code, stderr } = await runCli(['ingest', ...args], { cwd: folder });
    expect(code).toBe(expected);
    expect(stderr).toMatch(message);
  });

  it('leaves the output as it was if nothing can be read', async () => {
    const out = path('kept.jsonl');
    await writeFile(out, 'before');
    const { code, stderr } = await runCli(['ingest', path('nowhere'), '--out', out]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('no such file or folder')]);
    expect(await readFile(out, 'utf8')).toBe('before');
    expect(existsSync(`${out}.manifest.json`)).toBe(false);
    const folder = await runCli(['ingest', path('nowhere'), '--out', path('.')]);
    expect([folder.code, folder.stderr]).toEqual([1, expect.stringContaining('it is a folder')]);
  });

  describe('that was interrupted', () => {
    let inputs: string;
    let whole: string;
    beforeAll(async () => {
      inputs = path('many');
      await mkdir(inputs);
      for (let i = 0; i < 60; i++)
        await writeFile(join(inputs, `${String(i).padStart(2, '0')}.srt`), subtitles(i, 1500));
      whole = path('whole.jsonl');
      expect((await runCli(['ingest', inputs, '--out', whole, '--threads', '2'])).code).toBe(0);
    });

    const kills = process.env.MILLRACE_SOAK ? 50 : 4;
    it('goes on after kill -9 at any moment, and gives the same bytes', { timeout: 1_200_000 }, async () => {
      const random = mulberry32(7);
      let resumed = 0;
      for (let i = 0; i < kills; i++) {
        const out = path(`killed-${i}.jsonl`);
        const args = ['ingest', inputs, '--out', out, '--threads', '2', '--json'];
        // Some are killed twice.
        for (const share of i % 2 === 0 ? [random()] : [random() / 2, 0.5 + random() / 2]) {
          const size = Math.floor(share * statSync(whole).size * 0.9);
          const log = `${out}.unfinished`;
          const when = () => existsSync(log) && statSync(log).size > size;
          const { code } = await runCli(args, { kill: { signal: 'SIGKILL', when } });
          if (code === 0) break;
        }
        const { code, stdout, stderr } = await runCli(args);
        expect([code, stderr.includes('failed')]).toEqual([0, false]);
        resumed += JSON.parse(stdout).resumed;
        expect(await sha256(out)).toBe(await sha256(whole));
      }
      expect(resumed).toBeGreaterThan(0);
    });

    it('says how to go on after Ctrl-C, and sees files for what they are now', async () => {
      const out = path('stopped.jsonl');
      const args = ['ingest', inputs, '--out', out, '--threads', '2'];
      const log = `${out}.unfinished`;
      const stopped = await runCli(args, {
        kill: { signal: 'SIGINT', when: () => existsSync(log) && statSync(log).size > 500_000 },
      });
      expect(stopped.code).toBe(130);
      expect(stopped.stderr).toContain(`what is done is in ${log}: the same command goes on`);
      const other = await runCli([...args, '--quiet', '--chunk-tokens', '100']);
      expect([other.code, other.stderr]).toEqual([
        1,
        `millrace: --chunk-tokens: 512 then, 100 now; --chunk-overlap: 64 then, 12 now; --no-resume (the option "resume": false) begins anew\n`,
      ]);
      // One file changes, one is renamed: only these are read again.
      await writeFile(join(inputs, '00.srt'), subtitles(1000, 20));
      await rename(join(inputs, '01.srt'), join(inputs, '01-renamed.srt'));
      const { code, stdout, stderr } = await runCli([...args, '--json']);
      expect([code, stderr]).toEqual([0, expect.stringContaining('--no-resume would begin anew')]);
      expect(JSON.parse(stdout).resumed).toBeGreaterThan(0);
      const fresh = path('fresh.jsonl');
      await runCli(['ingest', inputs, '--out', fresh]);
      expect(await sha256(out)).toBe(await sha256(fresh));
    });

    it('goes on by itself, and begins anew if it is told so', async () => {
      const out = path('begun.jsonl');
      const args = ['ingest', inputs, '--out', out, '--threads', '2', '--json'];
      const log = `${out}.unfinished`;
      const kill = { signal: 'SIGINT', when: () => existsSync(log) && statSync(log).size > 500_000 } as const;
      expect((await runCli(args, { kill })).code).toBe(130);
      const resumedBy = async (option: string) =>
        JSON.parse((await runCli([...args, option])).stdout).resumed;
      await cp(log, path('log'));
      expect(await resumedBy('--resume')).toBeGreaterThan(0);
      await cp(path('log'), log);
      expect(await resumedBy('--no-resume')).toBe(0);
    });

    it('is not disturbed by a second run for the same output', async () => {
      const out = path('locked.jsonl');
      // It waits for its standard input, which nobody ends.
      let isOver = false;
      const kill = { signal: 'SIGINT', when: () => isOver } as const;
      const first = runCli(['ingest', '-', '--out', out], { kill });
      while (!existsSync(`${out}.lock`)) await new Promise((resolve) => setImmediate(resolve));
      const second = await runCli(['ingest', inputs, '--out', out]);
      isOver = true;
      expect([second.code, second.stderr]).toEqual([
        1,
        expect.stringMatching(/locked\.jsonl: process \d+ on .* is writing it/),
      ]);
      expect((await first).code).toBe(130);
    });
  });
});

const zip = spawnSync('zip', ['-v']).status === 0 ? undefined : 'the program zip is not installed';
describeNeeding(zip, 'millrace ingest of zip archives', () => {
  it('reads entries in their order, and fails encrypted and damaged ones alone', async () => {
    const inputs = path('to-zip');
    await mkdir(inputs);
    for (const name of ['b.srt', 'a.srt', 'c.srt'])
      await writeFile(join(inputs, name), subtitles(name.charCodeAt(0), 40));
    const archive = path('talks.zip');
    execFileSync('zip', ['-q', archive, 'b.srt', 'a.srt'], { cwd: inputs });
    execFileSync('zip', ['-q', '-P', 'secret', archive, 'c.srt'], { cwd: inputs });
    const out = path('zip.jsonl');
    const { code, stderr } = await runCli(['ingest', archive, '--out', out]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/talks\.zip!\/c\.srt: encrypted/);
    expect((await manifestOf(out)).files).toMatchObject([
      { status: 'done', source: 'talks.zip!/b.srt' },
      { status: 'done', source: 'talks.zip!/a.srt' },
      { status: 'failed', source: 'talks.zip!/c.srt' },
    ]);
    const bytes = await readFile(archive);
    bytes.fill(0xff, 60, 120);
    await writeFile(archive, bytes);
    const damaged = await runCli(['ingest', archive, '--out', out]);
    expect(damaged.code).toBe(3);
    expect((await manifestOf(out)).files).toMatchObject([
      { status: 'failed', source: 'talks.zip!/b.srt' },
      { status: 'done', source: 'talks.zip!/a.srt' },
      { status: 'failed' },
    ]);
    await writeFile(archive, 'no zip at all');
    expect((await runCli(['ingest', archive, '--out', out])).stderr).toMatch(/failed: talks\.zip: (?!talks)/);
  });
});
