import type { ParsedCues, TranscriptParser } from './format.js';
import { TimedCues } from './timed-cues.js';

const LINE = /^\{(\d+)\}\{(\d*)\}(.*)$/;
/** Control codes at the beginning of a line, such as `{y:i}` and `{c:$0000ff}`. */
const CODES = /\{[a-zA-Z]:[^{}]*\}/g;
/** Of films, for which the format was made. */
const DEFAULT_FRAME_RATE = 23.976;

/**
 * MicroDVD (`.sub`): lines `{25}{50}text`, from frame to frame, `|` for a line break. A first line `{1}{1}25` names the
 * frames a second; without one they are 23.976, with a warning. An end that is missing is the next start.
 */
export const microdvd: TranscriptParser = {
  format: 'microdvd',
  detect: (text) => /^\s*\{\d+\}\{\d*\}/.test(text.slice(0, 1000)),

  parse(text): ParsedCues {
    const cues = new TimedCues();
    const rows = text.split('\n').map((line) => line.trim());
    const lines = rows.map((row) => LINE.exec(row));
    const first = lines.findIndex((match) => match !== null);
    const rate = rateOf(lines[first]?.[3]);
    if (rate === undefined) {
      cues.warnings.add(1, `no frame rate: ${DEFAULT_FRAME_RATE} frames a second are taken`);
    }
    const msOf = (frame: string) => Math.round((Number(frame) * 1000) / (rate ?? DEFAULT_FRAME_RATE));
    lines.forEach((match, i) => {
      if (match === null) {
        if (rows[i] !== '') cues.warnings.add(i + 1, 'a line without frames: passed over');
        return;
      }
      if (i === first && rate !== undefined) return;
      const [, start = '', end = '', content = ''] = match;
      const next = end === '' ? lines.slice(i + 1, i + 50).find((other) => other !== null)?.[1] : end;
      const endMs = next === undefined ? Number.NaN : msOf(next);
      cues.add(
        { startMs: msOf(start), endMs, text: content.replace(CODES, '').replaceAll('|', '\n') },
        i + 1,
        'line',
      );
    });
    return { cues: cues.cues, warnings: cues.warnings.list() };
  },
};

function rateOf(content: string | undefined): number | undefined {
  const rate = Number((content ?? '').trim().replace(',', '.'));
  return (content ?? '').trim() !== '' && rate >= 1 && rate <= 1000 ? rate : undefined;
}
