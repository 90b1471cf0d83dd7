import { CueList } from './cue-list.js';
import type { ParsedCues, TranscriptParser } from './format.js';
import { utf16 } from './lines.js';
import { LAST_MS } from './timed-cues.js';
import { readArrowTiming, type Timing } from './timestamp.js';
import { readWebVttTiming } from './webvtt.js';
import { hasWebVttSignature, type WebVttBlock, webVttBlocks } from './webvtt-blocks.js';
import { readWebVttText } from './webvtt-text.js';

/**
 * WebVTT (`.vtt`), cut into blocks by the W3C's algorithm. Identifiers, settings, notes, styles and regions are passed
 * over. More than the standard allows is read: one-digit hours, a comma in stamps, no fraction; and `<` that begins no
 * tag is text.
 */
export const vtt: TranscriptParser = {
  format: 'vtt',
  detect: hasWebVttSignature,

  parse(text) {
    const list = new CueList(readWebVttText);
    for (const block of webVttBlocks(text)) {
      if (block.kind === 'cue') addCue(block, list);
      else if (block.kind === 'other' && !/^NOTE(?![^ \t\n])/.test(block.text) && block.text.trim() !== '') {
        list.warnings.add(block.line, 'a block without times: passed over');
      }
    }
    return withLanguage(text, list.result());
  },
};

function addCue(block: WebVttBlock & { kind: 'cue' }, list: CueList): void {
  const timing = timingOf(block.timing);
  if (timing === null) {
    list.warnings.add(block.line, `times that can't be read: the cue is passed over`);
    return;
  }
  list.add(timing, block.line, block.text);
}

function timingOf(line: string): Timing | null {
  const start = line.search(/\S/);
  const timing = readWebVttTiming(line) ?? readArrowTiming(utf16(line), start, line.trimEnd().length);
  return timing !== null && Math.max(timing.startMs, timing.endMs) < LAST_MS ? timing : null;
}

/** YouTube and others name the language in the header: `Language: en`. */
function withLanguage(text: string, parsed: ParsedCues): ParsedCues {
  const header = text.slice(0, Math.max(0, text.indexOf('\n\n')));
  const language = /^Language: *([A-Za-z]{2,8}(?:-[\w-]+)?)$/m.exec(header)?.[1];
  return language === undefined ? parsed : { ...parsed, language };
}
