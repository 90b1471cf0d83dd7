import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isMillraceError } from '../../../../../src/shared/errors.js';
import { cleanCues } from '../../../../../src/shared/kernels/transcripts/clean-cues.js';
import { decodeTranscript } from '../../../../../src/shared/kernels/transcripts/decode.js';
import { parseTranscript } from '../../../../../src/shared/kernels/transcripts/format.js';
import { joinSentences } from '../../../../../src/shared/kernels/transcripts/join-sentences.js';
import { writeTranscript } from '../../../../../src/shared/kernels/transcripts/write-transcript.js';
import { mulberry32 } from '../../../../../src/shared/random.js';
import type { Transcript } from '../../../../../src/shared/transcript.js';
import { corpus, describeWithCorpora } from '../../../../helpers/corpora.js';

const FOLDERS = [
  'hf-course-srt',
  'changelog-transcripts/gotime',
  'deepgram-json',
  'youtube-transcript-api',
  'wpt-webvtt/input/file-parsing',
  'exoplayer-text',
  'go-astisub-testdata',
  'subsrt-fixtures',
  'node-webvtt-fixtures',
  'ttconv-resources/ttml',
  'ttconv-resources/srt',
  'ttconv-resources/vtt',
];
/** What parsers look for, where it doesn't belong. */
const HOSTILE = [
  '-->',
  '<',
  '>',
  '&',
  '{\\',
  '}',
  ']]>',
  '<![CDATA[',
  '<!DOCTYPE x [',
  '\n\n',
  '\r',
  '\0',
  '\ufeff',
  '{',
  '[',
  '"',
  '\\',
  '1\n',
  '00:00:01,000 --> ',
  '[00:01.00]',
  '{1}{1}',
  'WEBVTT\n',
  '**A:** ',
  '9'.repeat(40),
  '\xff',
  '\xc3',
];
/** How often each file is mutated. */
const MUTATIONS = process.env.MILLRACE_SOAK ? 1000 : 2;
/** Beginnings of large files are as good as the whole. */
const MAX_BYTES = 20_000;

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && !/LICENSE|SOURCE|\.stl$/.test(path))
    .sort();
}

/** One to four changes: bytes flipped, taken out, doubled, hostile text or parts of another file put in, the end cut off. */
function mutate(bytes: Buffer, other: Buffer, random: () => number): Buffer {
  const below = (n: number) => Math.floor(random() * n);
  let mutated = bytes;
  for (let left = 1 + below(4); left > 0; left--) {
    const at = below(mutated.length + 1);
    const length = below(60);
    const [head, tail] = [mutated.subarray(0, at), mutated.subarray(at)];
    const from = below(other.length + 1);
    const changes = [
      () => Buffer.concat([head, Buffer.from([below(256)]), tail.subarray(1)]),
      () => Buffer.concat([head, tail.subarray(length)]),
      () => Buffer.concat([head, tail.subarray(0, length), tail]),
      () => Buffer.concat([head, Buffer.from(HOSTILE[below(HOSTILE.length)]!, 'latin1'), tail]),
      () => Buffer.concat([head, other.subarray(from, from + 5 * length), tail]),
      () => head,
    ];
    mutated = changes[below(changes.length)]!();
  }
  return mutated;
}

/** What is promised of whatever was read; the names of promises that are broken. */
function brokenPromises({ cues, warnings }: Transcript, lines: number): string[] {
  const broken = new Set<string>();
  for (const { startMs, endMs, text, words = [] } of cues) {
    if (text === '' || text !== text.trim()) broken.add('text is not empty and has no space at its ends');
    if (startMs !== null && !(startMs >= 0 && Number.isFinite(startMs)))
      broken.add('starts are numbers from 0');
    if (endMs !== null && !(endMs >= startMs! && Number.isFinite(endMs)))
      broken.add('ends are not before starts');
    for (const word of words)
      if (!(word.startMs <= word.endMs && word.text !== '')) broken.add('words have text and times');
  }
  for (const [i, { line, message }] of warnings.entries()) {
    if (!(line >= 1 && line <= lines) || message === '') broken.add('warnings have a line of the file');
    if (i > 0 && line < warnings[i - 1]!.line) broken.add('warnings are in the order of lines');
  }
  return [...broken];
}

describeWithCorpora('real transcripts, damaged', () => {
  it('are read without exceptions, keep all promises, and what is written reads back', {
    timeout: 10_800_000,
  }, async () => {
    const files = FOLDERS.flatMap((folder) => filesIn(corpus(folder))).map((path) => ({
      path,
      bytes: readFileSync(path).subarray(0, MAX_BYTES),
    }));
    expect(files.length).toBeGreaterThan(450);
    const random = mulberry32(20_261_126);
    const failures: string[] = [];
    let read = 0;
    for (const [i, { path, bytes }] of files.entries()) {
      for (let n = 0; n < MUTATIONS && failures.length < 20; n++) {
        const other = files[Math.floor(random() * files.length)]!.bytes;
        const mutated = mutate(bytes, other, random);
        try {
          const { text } = await decodeTranscript(mutated, 'x');
          const transcript = parseTranscript(text);
          read++;
          const lines = text.split(/\r\n?|\n/).length;
          for (const broken of brokenPromises(transcript, lines))
            failures.push(`${path} #${i}.${n}: ${broken}`);
          cleanCues(transcript.cues, { sounds: 'drop', speakers: true });
          joinSentences(transcript.cues);
          if (transcript.cues.length === 0 || transcript.cues.some(({ endMs }) => endMs === null)) continue;
          for (const format of ['srt', 'vtt'] as const) {
            const back = parseTranscript(writeTranscript(transcript, format));
            const times = (cues: Transcript['cues']) =>
              JSON.stringify(cues.map(({ startMs, endMs }) => [startMs, endMs]));
            if (times(back.cues) !== times(transcript.cues))
              failures.push(`${path} #${i}.${n}: ${format} reads back otherwise`);
          }
        } catch (error) {
          const isRefusal = isMillraceError(error) && error.code === 'MILLRACE_UNREADABLE_INPUT';
          if (!isRefusal)
            failures.push(`${path} #${i}.${n}: ${error instanceof Error ? error.stack : error}`);
        }
      }
    }
    expect(failures).toEqual([]);
    expect(read).toBeGreaterThan(files.length);
  });
});
