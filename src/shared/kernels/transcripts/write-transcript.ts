import { MillraceError } from '../../errors.js';
import type { Cue, Transcript } from '../../transcript.js';

/** The formats that can be written. */
export type WritableFormat = 'srt' | 'vtt';

/**
 * A transcript as a SubRip or WebVTT file, with `\n` for line ends. Read again it has the same times and texts. WebVTT
 * keeps speakers, as voices, and the language; SubRip has neither, and no format here keeps the times of words.
 *
 * What a format can't hold is written so that it reads the same to people: an arrow `-->` in a text becomes `→`, and in
 * SubRip what looks like a tag gets a space behind its bracket.
 *
 * @throws MillraceError `MILLRACE_INVALID_INPUT` for cues without times, such as those of plain text.
 *
 * @example
 * writeTranscript(parseTranscript(srt), 'vtt');
 */
export function writeTranscript(transcript: Transcript, format: WritableFormat): string {
  const { cues } = transcript;
  const untimed = cues.findIndex(({ startMs, endMs }) => startMs === null || endMs === null);
  if (untimed !== -1) {
    throw new MillraceError(
      'MILLRACE_INVALID_INPUT',
      `cue ${untimed} has no times (read as ${transcript.format}): ${format} needs a timed transcript`,
    );
  }
  return format === 'srt' ? writeSrt(cues) : writeVtt(cues, transcript.language);
}

function writeSrt(cues: readonly Cue[]): string {
  return cues.map((cue, i) => `${i + 1}\n${timing(cue, ',')}\n${srtText(cue.text)}\n`).join('\n');
}

function writeVtt(cues: readonly Cue[], language: string | null): string {
  const header =
    language !== null && /^[A-Za-z]{2,8}(?:-[\w-]+)?$/.test(language)
      ? `WEBVTT\nLanguage: ${language}\n`
      : 'WEBVTT\n';
  return header + cues.map((cue) => `\n${timing(cue, '.')}\n${vttText(cue)}\n`).join('');
}

function timing({ startMs, endMs }: Cue, point: string): string {
  return `${stamp(startMs!, point)} --> ${stamp(endMs!, point)}`;
}

/** `00:00:01,500`; hours have as many digits as they need. */
function stamp(timeMs: number, point: string): string {
  const pad = (value: number, digits: number) => String(value).padStart(digits, '0');
  const seconds = Math.floor(timeMs / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${pad(h, 2)}:${pad(m, 2)}:${pad(s, 2)}${point}${pad(Math.floor(timeMs) % 1000, 3)}`;
}

/** Lines without an end or an arrow, neither blank. */
function lines(text: string): string[] {
  return text
    .replaceAll('-->', '→')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function srtText(text: string): string {
  return lines(text)
    .map((line) =>
      line.replace(/<(?=\/?(?:b|i|u|font|bold|italic|underline)\b)/gi, '< ').replaceAll('{\\', '{ \\'),
    )
    .join('\n');
}

function vttText({ text, speaker }: Cue): string {
  const escaped = lines(text)
    .map((line) => escapeVtt(line))
    .join('\n');
  return speaker === null ? escaped : `<v ${escapeVtt(speaker.replace(/\s+/g, ' '))}>${escaped}`;
}

function escapeVtt(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
