import type { TimingInText } from './timestamp.js';

/** No malformed times are longer than this; the rest of a long line isn't looked at. */
const MAX_LENGTH = 200;
/** Digits, and letters that text recognition takes for them. */
const DIGITS = '[\\doOlI]{1,9}';
/** Groups: sign, two or three numbers, fraction. A third colon stands before milliseconds. */
const STAMP = `([-–−])?\\s*(${DIGITS})\\s*:\\s*(${DIGITS})(?:\\s*:\\s*(${DIGITS}))?(?:\\s*(?:[.,;]\\s*(\\d{1,9})|:\\s*(\\d{3})))?(?![\\d:])`;
const GROUPS_OF_A_STAMP = 6;
/** `-->` as word processors, translators and HTML leave it. */
const ARROW = '(?:[-–—−=][-–—−= ]{0,3}(?:>{1,2}|&gt;)|→)';

const ARROW_TIMING = new RegExp(`^(?:\\d{1,9}[.)]?\\s+)?${STAMP}\\s*${ARROW}\\s*(?:${STAMP})?`);
const COMMA_TIMING = new RegExp(`^${STAMP}\\s*[,;]\\s*${STAMP}$`);

/**
 * Reads SubRip's times between two positions of a text where they are malformed: an index before them, another arrow,
 * white space inside of stamps, a semicolon or a colon before the fraction, full-width signs, letters for digits, a
 * minus. An end that can't be read is NaN.
 *
 * @returns null if no start with an arrow can be read.
 */
export function mendArrowTiming(text: string, start: number, end: number): TimingInText | null {
  return mend(ARROW_TIMING, text, start, Math.min(end, start + MAX_LENGTH));
}

/** Reads SubViewer's times, which must be all there is, where they are malformed in the same ways. */
export function mendCommaTiming(text: string, start: number, end: number): TimingInText | null {
  return end - start > MAX_LENGTH ? null : mend(COMMA_TIMING, text, start, end);
}

function mend(pattern: RegExp, text: string, start: number, end: number): TimingInText | null {
  const match = pattern.exec(narrow(text.slice(start, end)));
  if (match === null) return null;
  const groups = match.slice(1);
  return {
    startMs: milliseconds(groups.slice(0, GROUPS_OF_A_STAMP)),
    endMs: milliseconds(groups.slice(GROUPS_OF_A_STAMP)),
    end: start + match[0].length,
  };
}

/** Full-width signs as those of ASCII, each in its place. */
function narrow(text: string): string {
  return text
    .replace(/[０-９：，．；＞－]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0))
    .replaceAll('、', ',');
}

function milliseconds(groups: readonly (string | undefined)[]): number {
  const [sign, first, second, third, fraction, millis] = groups;
  if (first === undefined || second === undefined) return Number.NaN;
  const minutes = third === undefined ? number(first) : number(first) * 60 + number(second);
  const seconds = minutes * 60 + number(third ?? second);
  const ms = seconds * 1000 + Number((fraction ?? millis ?? '').slice(0, 3).padEnd(3, '0'));
  return sign === undefined ? ms : 0 - ms;
}

function number(digits: string): number {
  return Number(digits.replace(/[oO]/g, '0').replace(/[lI]/g, '1'));
}
