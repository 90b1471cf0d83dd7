import {
  at,
  isObject,
  type JsonFormat,
  type JsonObject,
  numberOf,
  objects,
  speakerOf,
  textOf,
} from './json-format.js';

const LISTS = ['cues', 'captions', 'subtitles', 'transcript', 'items', 'data', 'results', 'segments'];
const TEXTS = ['text', 'content', 'caption', 'transcript', 'sentence', 'line'];
const STARTS = [
  'startMs',
  'start_ms',
  'start',
  'startTime',
  'start_time',
  'begin',
  'from',
  'offset',
  'tStartMs',
  'timestamp',
];
const ENDS = ['endMs', 'end_ms', 'end', 'endTime', 'end_time', 'stop', 'to'];
const LENGTHS = ['durationMs', 'duration', 'dur', 'length'];
const SPEAKERS = ['speaker', 'speaker_label', 'speakerName', 'name'];

/** A cue of this length or more, in whatever unit, can't be in seconds. */
const LONGEST_SECONDS = 100;

/**
 * Cues as programs write them for each other: a list of objects, alone or under a name such as `cues`, each with a text
 * and a start, and an end or a duration; for instance what youtube-transcript-api gives. Numbers are seconds, unless
 * most cues would then last for minutes: then they are milliseconds. Texts are stamps such as `00:01:02.500`.
 */
export const jsonCues: JsonFormat = {
  format: 'json-cues',

  matches: (root) =>
    listOf(root).some(
      (item) => isObject(item) && firstOf(item, TEXTS) !== undefined && firstOf(item, STARTS) !== undefined,
    ),

  read(root, cues) {
    cues.language = textOf(at(root, 'language') ?? at(root, 'language_code'));
    const list = listOf(root).filter(isObject);
    const unitMs = unitOf(list);
    list.forEach((item, i) => {
      const startMs = timeOf(firstOf(item, STARTS), unitMs);
      const end = firstOf(item, ENDS);
      const endMs =
        end === undefined ? startMs + timeOf(firstOf(item, LENGTHS), unitMs) : timeOf(end, unitMs);
      const text = textOf(firstOf(item, TEXTS)) ?? '';
      cues.add({ startMs, endMs, text, speaker: speakerOf(firstOf(item, SPEAKERS)) }, 1, `cue ${i}`);
    });
  },
};

function listOf(root: unknown): unknown[] {
  if (Array.isArray(root)) return root;
  for (const name of LISTS) {
    const list = at(root, name);
    if (Array.isArray(list)) return list;
  }
  return [];
}

function firstOf(item: JsonObject, names: readonly string[]): unknown {
  return item[names.find((name) => item[name] !== undefined && item[name] !== null) ?? ''];
}

function unitOf(list: readonly JsonObject[]): number {
  const lengths = list
    .map((item) => {
      const end = firstOf(item, ENDS);
      return end === undefined
        ? numberOf(firstOf(item, LENGTHS))
        : numberOf(end) - numberOf(firstOf(item, STARTS));
    })
    .filter((length) => length > 0)
    .sort((a, b) => a - b);
  const isMs = objects(list).some((item) => ['startMs', 'start_ms', 'tStartMs'].some((name) => name in item));
  return isMs || (lengths[lengths.length >> 1] ?? 0) >= LONGEST_SECONDS ? 1 : 1000;
}

function timeOf(value: unknown, unitMs: number): number {
  const number = numberOf(value);
  if (!Number.isNaN(number)) return Math.round(number * unitMs);
  const [, hours = '0', minutes, seconds] =
    /^(?:(\d+):)?(\d+):(\d+(?:[.,]\d+)?)$/.exec(textOf(value)?.trim() ?? '') ?? [];
  if (minutes === undefined || seconds === undefined) return Number.NaN;
  return Math.round((Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds.replace(',', '.'))) * 1000);
}
