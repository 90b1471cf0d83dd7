import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseTranscript, type Transcript } from 'millrace';
import { type NodeList, parseSync } from 'subtitle';
import { compare, timed } from '../compare.js';
import { poolRows, tokenRows } from '../ingest-rows.js';
import { packageRoot } from '../package-root.js';
import type { Suite } from '../suite.js';

const BYTES_A_RUN = 8_000_000;
const QUICK_BYTES_A_RUN = 2_000_000;

/**
 * First megabytes of SubRip a second, from text to cues, on one thread, beside the package `subtitle`. The texts are the
 * samples, or the folder `hf-course-srt` of MILLRACE_CORPORA, parsed file by file, over and over.
 *
 * The answers are the same if each file has the same cues, with the same times and the same words. What is not
 * compared: tags, blanks and line breaks, which `subtitle` leaves in the text, and cues without text, which it
 * keeps. Files that it refuses or reads differently are left out; the case says how many are in.
 */
export const ingest: Suite = async function* ({ runs, quick, threads }) {
  const { folder, texts: all } = readTexts();
  const texts = all.filter(isReadAlike);
  const name = `parse srt (${folder}, ${texts.length} of ${all.length} files)`;
  if (texts.length < all.length / 2) {
    const difference = 'most files are refused or read differently by the peer';
    yield { suite: 'ingest', case: name, peer: 'subtitle', difference };
    return;
  }
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const passes = Math.ceil((quick ? QUICK_BYTES_A_RUN : BYTES_A_RUN) / bytes);
  const parseAll = <A>(parse: (text: string) => A) =>
    timed(() => {
      for (let pass = 1; pass < passes; pass++) for (const text of texts) parse(text);
      return texts.map(parse);
    });
  yield await compare({
    suite: 'ingest',
    case: name,
    peer: 'subtitle',
    threads: 1,
    runs,
    metric: { unit: 'MB/s', amount: (passes * bytes) / 1e6 },
    ours: parseAll((text) => parseTranscript(text)),
    theirs: parseAll((text) => parseSync(text)),
    difference(ours: Transcript[], theirs: NodeList[]) {
      const file = ours.findIndex((transcript, at) => gistOfOurs(transcript) !== gistOfTheirs(theirs[at]!));
      return file === -1 ? null : `file ${file} has other cues`;
    },
  });
  yield* poolRows({ texts: all, runs, quick }, threads);
  yield* tokenRows({ texts: all, runs, quick }, threads);
};

function readTexts(): { folder: string; texts: string[] } {
  const corpora = process.env.MILLRACE_CORPORA;
  const folder = corpora ? join(corpora, 'hf-course-srt') : fileURLToPath(new URL('samples', packageRoot));
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.srt'),
  );
  return {
    folder: basename(folder),
    texts: names.sort().map((name) => readFileSync(join(folder, name), 'utf8')),
  };
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
