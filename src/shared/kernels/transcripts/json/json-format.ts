import type { TranscriptFormat } from '../../../transcript.js';
import type { TimedCues } from '../timed-cues.js';

/** A JSON object, whose values may be anything. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A transcript format that is JSON: what one kind of program or service writes. */
export interface JsonFormat {
  readonly format: TranscriptFormat;
  /** Whether a document is of this format, by its keys. */
  matches(root: unknown): boolean;
  /** Reads its cues, in their order. Values may be of any type: the document may come from anywhere. */
  read(root: unknown, cues: TimedCues): void;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path of keys; undefined where there is none. */
export function at(value: unknown, ...keys: readonly (string | number)[]): unknown {
  return keys.reduce<unknown>((inner, key) => {
    if (Array.isArray(inner)) return typeof key === 'number' ? inner[key] : undefined;
    return isObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined;
  }, value);
}

/** The objects of a list; none if it is no list. */
export function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** A text; undefined for everything else. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A finite number, also as digits in a text; NaN for everything else. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return Number.isFinite(value) ? value : Number.NaN;
  return typeof value === 'string' && /^\s*-?\d+(?:\.\d*)?(?:e[+-]?\d+)?\s*$/i.test(value)
    ? Number(value)
    : Number.NaN;
}

/** Seconds as milliseconds, rounded; NaN for what is no number. */
export function secondsToMs(value: unknown): number {
  return Math.round(numberOf(value) * 1000);
}

/** Ticks of 100 ns as milliseconds, rounded; NaN for what is no number. */
export function ticksToMs(value: unknown): number {
  return Math.round(numberOf(value) / 10_000);
}

/** The name of a speaker by number or label: `0` and `"A"` are `Speaker 0` and `Speaker A`, names stay. */
export function speakerOf(label: unknown): string | null {
  if (typeof label === 'number') return `Speaker ${label}`;
  if (typeof label !== 'string' || label.trim() === '') return null;
  return /^(?:\d+|[A-Z])$/.test(label) ? `Speaker ${label}` : label.trim();
}
