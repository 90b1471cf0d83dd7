import type { Word } from '../../../transcript.js';
import { at, type JsonFormat, type JsonObject, numberOf, objects, textOf } from './json-format.js';

/**
 * YouTube's json3 captions: events with a start, a duration, and segments of text with offsets, which are the words of
 * automatic captions. An event with `aAppend` goes on in the window of the one before: a lone line break there is
 * only layout. Events without segments set up windows.
 */
export const json3: JsonFormat = {
  format: 'json3',

  matches: (root) =>
    Array.isArray(at(root, 'events')) && (at(root, 'wireMagic') === 'pb3' || hasSegments(root)),

  read(root, cues) {
    objects(at(root, 'events')).forEach((event, i) => {
      const segments = objects(event.segs);
      const text = segments.map(({ utf8 }) => textOf(utf8) ?? '').join('');
      if (segments.length === 0 || text.trim() === '') return;
      const startMs = numberOf(event.tStartMs);
      const endMs = startMs + numberOf(event.dDurationMs);
      const words = segments.length > 1 ? wordsOf(segments, startMs, endMs) : [];
      cues.add({ startMs, endMs, text, words }, 1, `events[${i}]`);
    });
  },
};

function hasSegments(root: unknown): boolean {
  return objects(at(root, 'events')).some((event) => Array.isArray(event.segs) && 'tStartMs' in event);
}

/** A word lasts up to the next one. */
function wordsOf(segments: readonly JsonObject[], startMs: number, endMs: number): Word[] {
  const spoken = segments.filter(({ utf8 }) => (textOf(utf8) ?? '').trim() !== '');
  const starts = spoken.map(({ tOffsetMs = 0 }) => startMs + numberOf(tOffsetMs));
  return spoken.map(({ utf8 }, i) => ({
    startMs: starts[i]!,
    endMs: starts[i + 1] ?? endMs,
    text: textOf(utf8)!,
  }));
}
