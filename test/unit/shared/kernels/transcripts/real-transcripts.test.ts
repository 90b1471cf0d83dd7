import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { chunkTranscript } from '../../../../../src/shared/kernels/chunking.js';
import { loadTokenCounter } from '../../../../../src/shared/kernels/tokens.js';
import { decodeTranscript } from '../../../../../src/shared/kernels/transcripts/decode.js';
import { parseTranscript } from '../../../../../src/shared/kernels/transcripts/format.js';
import type { Transcript } from '../../../../../src/shared/transcript.js';
import { corpus, describeWithCorpora } from '../../../../helpers/corpora.js';

type TimedText = [startMs: number, endMs: number, text: string];

function read(...path: string[]): Transcript {
  return parseTranscript(readFileSync(corpus(...path), 'utf8'));
}

function courseFiles(): string[] {
  return readdirSync(corpus('hf-course-srt'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.srt'))
    .map((name) => name.replaceAll('\\', '/'))
    .sort();
}

function timedTexts({ cues }: Transcript): TimedText[] {
  return cues.map((cue) => [cue.startMs!, cue.endMs!, cue.text]);
}

/** Files where what most parsers say is wrong, or they say different things. */
const SBV = 'fr/03_what-is-transfer-learning.srt';
const NO_CONSENSUS = 'fr/32_managing-a-repo-on-the-model-hub.srt';
const GLUED = 'zh-CN/15_subword-based-tokenizers.srt';

describeWithCorpora('248 lecture subtitles', () => {
  it('have the cues on which other parsers agree', () => {
    const lines = gunzipSync(readFileSync(corpus('consensus', 'hf-course-srt.jsonl.gz')))
      .toString()
      .trim();
    const consensus = new Map(
      lines.split('\n').map((line) => {
        const { file, cues } = JSON.parse(line) as { file: string; cues?: TimedText[] };
        return [file, cues];
      }),
    );
    const files = courseFiles();
    expect(files).toHaveLength(248);
    const different = files.filter((name) => {
      const got = timedTexts(read('hf-course-srt', ...name.split('/')));
      return JSON.stringify(got) !== JSON.stringify(consensus.get(name));
    });
    expect(different).toEqual([SBV, NO_CONSENSUS, GLUED]);
  });

  it('are one in SubViewer, named .srt', () => {
    const transcript = read('hf-course-srt', ...SBV.split('/'));
    expect(transcript.format).toBe('sbv');
    expect(transcript.warnings).toEqual([]);
    expect(transcript.cues).toHaveLength(44);
    expect(timedTexts(transcript)[0]).toEqual([5440, 9360, "Qu'est-ce que l'apprentissage par transfert ?"]);
    expect(timedTexts(transcript)[43]?.[0]).toBe(Math.max(...transcript.cues.map((cue) => cue.startMs!)));
  });

  it('are one where only one parser read all 89 cues', () => {
    const transcript = read('hf-course-srt', ...NO_CONSENSUS.split('/'));
    const text = readFileSync(corpus('hf-course-srt', NO_CONSENSUS), 'utf8');
    expect(transcript.cues).toHaveLength(89);
    expect(text.split('-->')).toHaveLength(90);
    expect(transcript.warnings).toEqual([]);
  });

  it('are one where a missing blank line glues two cues together, which the others read as one', () => {
    const transcript = read('hf-course-srt', ...GLUED.split('/'));
    expect(transcript.cues).toHaveLength(72);
    expect(timedTexts(transcript)[62]).toEqual([
      178_740,
      180_090,
      '用于子词分词化\nfor subword tokenization',
    ]);
    expect(timedTexts(transcript)[63]?.slice(0, 2)).toEqual([180_090, 182_670]);
  });

  it('say with each warning what was mended', () => {
    const warnings = courseFiles().flatMap((name) =>
      read('hf-course-srt', ...name.split('/')).warnings.map(({ message }) => message),
    );
    const counts = Object.fromEntries(
      [...new Set(warnings)].map((message) => [
        message,
        warnings.filter((other) => other === message).length,
      ]),
    );
    expect(counts).toEqual({
      'a cue without text: left out': 13,
      'text after a blank line: kept in the cue above': 5,
    });
  });

  it('become chunks of 512 tokens at most, well filled', async () => {
    const countTokens = await loadTokenCounter('cl100k_base');
    const full: number[] = [];
    for (const name of courseFiles()) {
      const { cues } = read('hf-course-srt', ...name.split('/'));
      const chunks = chunkTranscript(cues, { source: name, countTokens });
      for (const chunk of chunks) {
        expect(chunk.tokens).toBe(countTokens(chunk.text));
        expect(chunk.tokens).toBeLessThanOrEqual(512);
      }
      full.push(...chunks.slice(0, -1).map((chunk) => chunk.tokens));
      expect(chunks[0]?.startMs).toBe(cues[0]?.startMs);
      expect(chunks.at(-1)?.endMs).toBe(Math.max(...cues.slice(-5).map((cue) => cue.endMs!)));
    }
    const mean = full.reduce((sum, tokens) => sum + tokens, 0) / full.length;
    expect(mean).toBeGreaterThan(470);
  });
});

interface ExoPlayerCase {
  allFiles: string[];
  eventTimeCount?: number;
  eventTimesUs?: Record<string, number>;
  textAtEvent?: Record<string, string>;
}

/** Deliberate differences. An empty file is an error here, so its case is about its reader. */
const EXOPLAYER_DIFFERENCES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  subrip: {
    decodeEmpty: 'an empty file is an error',
    decodeTypicalMissingTimecode:
      'a cue without an end ends where the next one begins, instead of being lost',
    decodeTypicalMissingSequence: 'a cue without an index is still a cue',
    decodeTypicalNegativeTimestamps: 'what is said before 0 is read as said at 0, instead of being lost',
  },
  ssa: { decodeEmpty: 'an empty file is an error' },
  webvtt: {},
};

describeWithCorpora("ExoPlayer's files", () => {
  it.each([
    ['subrip', 12],
    ['ssa', 14],
    ['webvtt', 12],
  ])('%s: have the cues that its %d tests expect', async (format, count) => {
    const { cases } = JSON.parse(readFileSync(corpus('exoplayer-text', 'expected.json'), 'utf8')) as {
      cases: Record<string, Record<string, ExoPlayerCase>>;
    };
    const different: string[] = [];
    for (const [name, expected] of Object.entries(cases[format]!)) {
      if (!(await isAsExpected(expected))) different.push(name);
    }
    expect(Object.keys(cases[format]!)).toHaveLength(count);
    expect(different).toEqual(Object.keys(EXOPLAYER_DIFFERENCES[format]!));
  });
});

/** Events are the moments at which what is shown changes: starts and ends, where cues don't overlap. */
async function isAsExpected({
  allFiles,
  eventTimeCount,
  eventTimesUs = {},
  textAtEvent = {},
}: ExoPlayerCase): Promise<boolean> {
  const parts = allFiles.map((file) => readFileSync(corpus('exoplayer-text', file.replace(/^media\//, ''))));
  const bytes = Buffer.concat(parts);
  if (bytes.length === 0) return false;
  const { cues } = parseTranscript((await decodeTranscript(bytes, 'x')).text);
  const all = cues.flatMap(({ startMs, endMs }) => [startMs! * 1000, endMs! * 1000]);
  const times = [...new Set(all)].sort((a, b) => a - b);
  const tidy = (text: string) => text.replace(/[ \t]+$/gm, '');
  return (
    (eventTimeCount === undefined || times.length === eventTimeCount || all.length === eventTimeCount) &&
    Object.entries(eventTimesUs).every(
      ([event, timeUs]) => times[Number(event)] === timeUs || all[Number(event)] === timeUs,
    ) &&
    Object.entries(textAtEvent).every(([event, text]) => {
      const shown = cues.filter(({ startMs }) => startMs! * 1000 === (times[Number(event)] ?? -1));
      return shown.some((cue) => cue.text === tidy(text)) || cues[Number(event) / 2]?.text === tidy(text);
    })
  );
}
