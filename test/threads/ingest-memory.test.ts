import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import { expect, it } from 'vitest';
import { mulberry32 } from '../../src/shared/random.js';
import { describeNeeding } from '../helpers/requirements.js';
import { cliPath } from '../helpers/run-cli.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const SOAK = process.env.MILLRACE_SOAK === '1';
const MIB = 2 ** 20;
const FILE_BYTES = 30_000;
/** The archives, and how much more the larger may take. A small heap grows while it can: samples are given more room. */
const [SMALL, LARGE, MORE] = SOAK ? [200e6, 2000e6, 50 * MIB] : [6e6, 40e6, 120 * MIB];
const MOST = 400 * MIB;

const missing =
  process.platform === 'linux' ? undefined : 'the kernel tells the peak of a process only on Linux';

describeNeeding(missing, 'the memory of an ingestion', () => {
  it(`of ${LARGE / 1e6} MB is below ${MOST / MIB} MiB, and within ${MORE / MIB} of that of ${SMALL / 1e6} MB${SOAK ? ' (soak)' : ''}`, {
    timeout: SOAK ? 3_600_000 : 120_000,
  }, async () => {
    const small = await peakOf(SMALL);
    const large = await peakOf(LARGE);
    if (SOAK) console.log(`peaks: ${Math.round(small / MIB)} and ${Math.round(large / MIB)} MiB`);
    expect(large).toBeLessThan(MOST);
    expect(large - small).toBeLessThan(MORE);
  });
});

/** The largest resident memory of a process that ingests an archive of so many bytes from its standard input. */
async function peakOf(archiveBytes: number): Promise<number> {
  const folder = temporaryFolder();
  const files = Math.round(archiveBytes / FILE_BYTES);
  const args = ['ingest', '-', '--out', join(folder, 'chunks.jsonl'), '--threads', '2', '--json'];
  const child = spawn(process.execPath, [cliPath, ...args], { stdio: ['pipe', 'pipe', 'ignore'] });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  let peak = 0;
  const watch = setInterval(() => {
    peak = residentPeak(child.pid!) ?? peak;
  }, 20);
  const ended = new Promise((resolve) => child.on('close', resolve));
  await pipeline(archive(files), child.stdin);
  expect(await ended).toBe(0);
  clearInterval(watch);
  expect(JSON.parse(stdout)).toMatchObject({ files, failed: 0, duplicates: 0, nearDuplicates: 0 });
  await rm(folder, { recursive: true });
  return peak;
}

/** What the kernel keeps as a process's largest resident set, which only grows; undefined after its end. */
function residentPeak(pid: number): number | undefined {
  try {
    const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kib === undefined ? undefined : Number(kib) * 1024;
  } catch {
    return undefined;
  }
}

/** A tar archive of SubRip files that are made as they are read. */
function archive(files: number): Readable {
  const tar = pack();
  const fill = async () => {
    for (let i = 0; i < files; i++) {
      const content = subtitles(i);
      await new Promise<void>((resolve, reject) =>
        tar.entry({ name: `${Math.floor(i / 1000)}/${i}.srt` }, content, (error) =>
          error ? reject(error) : resolve(),
        ),
      );
    }
    tar.finalize();
  };
  fill().catch((error: Error) => tar.destroy(error));
  return Readable.from(tar);
}

const WORDS = Array.from({ length: 4000 }, (_, i) => (i * 7919 + 12345).toString(26).replaceAll(/\d/g, 'e'));

function subtitles(seed: number): string {
  const random = mulberry32(seed);
  const lines: string[] = [];
  let bytes = 0;
  for (let cue = 1; bytes < FILE_BYTES - 1000; cue++) {
    const words = Array.from({ length: 9 }, () => WORDS[Math.floor(random() * WORDS.length)]);
    const clock = `${String(Math.floor(cue / 60)).padStart(2, '0')}:${String(cue % 60).padStart(2, '0')}`;
    const text = `${cue}\n00:${clock},000 --> 00:${clock},900\n${words.join(' ')}.\n\n`;
    lines.push(text);
    bytes += text.length;
  }
  return lines.join('');
}
