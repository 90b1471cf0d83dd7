import { InvalidArgumentError, Option } from 'commander';
import { encodingNamed } from '../../shared/kernels/transcripts/decode.js';

/** Parses a whole number from `min` on, as the value of a command line option. */
export function wholeNumber(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min}.`);
  };
}

/** Parses a similarity: a number from -1 to 1. */
export function similarity(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= -1 && value <= 1) return value;
  throw new InvalidArgumentError('Expected a number from -1 to 1.');
}

/** Parses any finite number. */
export function finiteNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('Expected a number.');
}

/** Parses a finite number of at least `min`. */
export function numberAtLeast(min: number): (text: string) => number {
  return (text) => {
    const value = finiteNumber(text);
    if (value >= min) return value;
    throw new InvalidArgumentError(`Expected a number from ${min}.`);
  };
}

const UNITS: Record<string, number> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** Parses a number of bytes: `1500000`, `800M`, `2G`, in powers of 1024. */
export function byteCount(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)([kmg]?)$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(digits) * UNITS[unit.toLowerCase()]!);
  if (digits !== '' && bytes >= 1 && Number.isSafeInteger(bytes)) return bytes;
  throw new InvalidArgumentError('Expected bytes, such as 1500000, 800M or 2G.');
}

/** Parses which part of how many: `2/4`. */
export function shardOfMany(text: string): { index: number; count: number } {
  const [, index = 0, count = 0] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (index >= 1 && index <= count && Number.isSafeInteger(count)) return { index, count };
  throw new InvalidArgumentError('Expected a part and how many there are, such as 2/4.');
}

/** Parses the name of an encoding. */
export function characterEncoding(text: string): string {
  try {
    return encodingNamed(text);
  } catch {
    throw new InvalidArgumentError(
      'Expected an encoding, such as utf-8, windows-1252, iso-8859-2 or shift_jis.',
    );
  }
}

/** Options that every command has. */
export interface CommonOptions {
  threads: number | 'auto';
  json?: true;
  quiet?: true;
}

export const threadsOption = () =>
  new Option('--threads <n>', 'worker threads, or auto: one for each processor')
    .default('auto')
    .argParser((text: string) => (text === 'auto' ? text : wholeNumber(1)(text)));

export const jsonOption = () =>
  new Option('--json', 'print one JSON object on standard output, for programs');

export const quietOption = () => new Option('--quiet', 'no progress and no summary');
