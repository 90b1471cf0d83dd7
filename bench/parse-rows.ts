import { parseTranscript, type Transcript, writeTranscript } from 'millrace';
import { type NodeList, parseSync } from 'subtitle';
import { compare, timed } from './compare.js';
import { megabytes } from './megabytes.js';
import { importPackage } from './native/load-package.js';
import type { Mismatch, Row } from './row.js';

type Rows = AsyncIterable<Row | Mismatch>;

interface Given {
  /** Files of SubRip. */
  texts: readonly string[];
  /** Where they are from. */
  folder: string;
  runs: number;
  quick: boolean;
}

const BYTES_A_RUN = 8_000_000;
const QUICK_BYTES_A_RUN = 2_000_000;

/**
 * Megabytes of SubRip a second, from text to cues, on one thread, beside the package `subtitle`: the texts are parsed
 * file by file, over and over.
 *
 * The answers are the same if each file has the same cues, with the same times and the same words. What is not
 * compared: tags, blanks and line breaks, which `subtitle` leaves in the text, and cues without text, which it
 * keeps. Files that it refuses or reads differently are left out; the case says how many are in.
 */
export async function* subRipRows({ texts: all, folder, runs, quick }: Given): Rows {
  const texts = all.filter(isReadAlike);
  const name = `parse srt (${folder}, ${texts.length} of ${all.length} files)`;
  if (texts.length < all.length / 2) {
    const difference = 'most files are refused or read differently by the peer';
    yield { suite: 'ingest', case: name, peer: 'subtitle', difference };
    return;
  }
  const { passes, amount } = passesOver(texts, quick);
  yield await compare({
    suite: 'ingest',
    case: name,
    peer: 'subtitle',
    threads: 1,
    runs,
    metric: { unit: 'MB/s', amount },
    ours: timed(() => parseAll(texts, passes)),
    theirs: timed(() => {
      for (let pass = 1; pass < passes; pass++) for (const text of texts) parseSync(text);
      return texts.map((text) => parseSync(text));
    }),
    difference: (ours: Transcript[], theirs: NodeList[]) => differentFile(ours, theirs.map(gistOfTheirs)),
  });
}

interface Captions {
  readonly cues: readonly { startTime: number; endTime: number; text: string }[];
}

/** What is used of the package `media-captions`. */
interface MediaCaptions {
  parseText(text: string, options: { type: 'vtt' }): Promise<Captions>;
}

/**
 * The same texts as WebVTT, beside `media-captions`, which leaves the markup of cue texts as it is and drops cues that
 * end when they begin: files with such are left out.
 */
export async function* webVttRows({ texts: all, folder, runs, quick }: Given): Rows {
  const texts = all.flatMap((text) => {
    const transcript = parseTranscript(text);
    const isLasting = transcript.cues.every(({ startMs, endMs }) => endMs! > startMs!);
    return transcript.format === 'srt' && isLasting ? [writeTranscript(transcript, 'vtt')] : [];
  });
  const { passes, amount } = passesOver(texts, quick);
  const peer = await importPackage<MediaCaptions>('media-captions');
  yield await compare({
    suite: 'ingest',
    case: `parse vtt (${folder}, ${texts.length} of ${all.length} files)`,
    peer: 'media-captions',
    threads: 1,
    runs,
    metric: { unit: 'MB/s', amount },
    ours: timed(() => parseAll(texts, passes)),
    theirs: 'why' in peer ? peer : timed(() => captionsOf(peer, texts, passes)),
    difference: (ours: Transcript[], theirs: Captions[]) => differentFile(ours, theirs.map(gistOfCaptions)),
  });
}

async function captionsOf({ parseText }: MediaCaptions, texts: readonly string[], passes: number) {
  let parsed: Captions[] = [];
  for (let pass = 0; pass < passes; pass++) {
    parsed = [];
    for (const text of texts) parsed.push(await parseText(text, { type: 'vtt' }));
  }
  return parsed;
}

function gistOfCaptions({ cues }: Captions): string {
  const milliseconds = (seconds: number) => Math.round(seconds * 1000);
  return gist(
    cues.map((cue) => [milliseconds(cue.startTime), milliseconds(cue.endTime), unescaped(cue.text)]),
  );
}

function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&nbsp;', '\u00a0')
    .replaceAll('&lrm;', '\u200e')
    .replaceAll('&rlm;', '\u200f')
    .replaceAll('&amp;', '&');
}

/** What is hardest on parsers, by the format that it is read as: pieces that come over and over. */
const HOSTILE: readonly [name: string, head: string, piece: string][] = [
  ['srt of <', '1\n00:00:01,000 --> 00:00:02,000\n', '<'],
  ['srt of digits', '1\n00:00:01,000 --> 00:00:02,000\nx\n\n', '7'],
  ['srt of -->', '1\n00:00:01,000 --> 00:00:02,000\n', '--> '],
  ['srt of open tags', '1\n00:00:01,000 --> 00:00:02,000\n', '<i>'],
  ['vtt of open tags', 'WEBVTT\n\n00:01.000 --> 00:02.000\n', '<b>'],
  ['vtt of entities', 'WEBVTT\n\n00:01.000 --> 00:02.000\n', '&amp'],
  ['ass of braces', '[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,,,,,,,', '{'],
  ['sami of open tags', '<SAMI><BODY><SYNC Start=1>x', '<P>'],
  ['ttml of open tags', '<tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="1s">x', '<span>'],
  ['json3 of brackets', '{"events":', '['],
  ['text of line breaks', 'x', '\n'],
];

/**
 * Text that is made to be slow, a megabyte of it, beside ordinary SubRip: what a parser takes for its worst case, and
 * that its time grows with the length alone.
 */
export async function* hostileRows({ texts, runs, quick }: Given): Rows {
  const { passes, amount } = passesOver(texts, quick);
  const theirs = timed(() => parseAll(texts, passes));
  for (const [name, head, piece] of HOSTILE) {
    const hostile = head + piece.repeat(Math.ceil((1e6 * amount) / piece.length));
    yield await compare({
      suite: 'ingest',
      case: `parse hostile ${name}`,
      peer: 'ordinary-srt',
      threads: 1,
      runs: Math.min(runs, 3),
      metric: { unit: 'MB/s', amount },
      ours: timed(() => parseTranscript(hostile)),
      theirs,
      // The two are not the same work: that it ends is what is shown.
      difference: () => null,
    });
  }
}

function passesOver(texts: readonly string[], quick: boolean): { passes: number; amount: number } {
  const passes = Math.ceil((quick ? QUICK_BYTES_A_RUN : BYTES_A_RUN) / 1e6 / megabytes(texts));
  return { passes, amount: passes * megabytes(texts) };
}

function parseAll(texts: readonly string[], passes: number): Transcript[] {
  for (let pass = 1; pass < passes; pass++) for (const text of texts) parseTranscript(text);
  return texts.map((text) => parseTranscript(text));
}

function differentFile(ours: readonly Transcript[], theirs: readonly string[]): string | null {
  const file = ours.findIndex((transcript, at) => gistOfOurs(transcript) !== theirs[at]);
  return file === -1 ? null : `file ${file} has other cues`;
}

function isReadAlike(text: string): boolean {
  try {
    return gistOfTheirs(parseSync(text)) === gistOfOurs(parseTranscript(text));
  } catch {
    return false;
  }
}

function gistOfOurs({ cues }: Transcript): string {
  return gist(cues.map(({ startMs, endMs, text }) => [startMs, endMs, text]));
}

function gistOfTheirs(nodes: NodeList): string {
  return gist(nodes.flatMap(({ type, data }) => (type === 'cue' ? [[data.start, data.end, data.text]] : [])));
}

type TimedText = readonly [startMs: number | null, endMs: number | null, text: string];

/** Cues as both sides give them: without tags, with single blanks, and none without text. */
function gist(cues: readonly TimedText[]): string {
  const plain = cues.map(([startMs, endMs, text]) => [
    startMs,
    endMs,
    text
      .replace(/<[^>]*>/g, '')
      .replace(/\s+/g, ' ')
      .trim(),
  ]);
  return JSON.stringify(plain.filter(([, , text]) => text !== ''));
}
