import { z } from 'zod';
import {
  asMillraceError,
  type ErrorCategory,
  errorMessage,
  isMillraceError,
  MillraceError,
} from '../../shared/errors.js';
import { checkOptions, count } from '../../shared/options.js';
import { classifyError } from '../policies/classify-error.js';

export interface ErrorAggregatorOptions {
  /** How many errors of each kind are kept with their items: the first so many. Default: 3. */
  samples?: number | undefined;
  /** How many kinds are told apart; all others of a category are counted as one, `other`. Default: 100. */
  maxKinds?: number | undefined;
  /** Which errors make the whole outcome worthless. Default: those of scope `run`, such as a quota that is used up. */
  isCritical?: ((error: MillraceError) => boolean) | undefined;
}

/** One of the first errors of its kind. */
export interface ErrorSample<I = unknown> {
  readonly item: I;
  readonly error: MillraceError;
}

/** Errors of one category and code. */
export interface ErrorKind<I = unknown> {
  readonly category: ErrorCategory;
  /** The error's code; for errors of others also what they call it: their code, HTTP status or name. */
  readonly code: string;
  readonly count: number;
  readonly samples: readonly ErrorSample<I>[];
}

const schema = z.strictObject({
  samples: count(0, 1000).optional(),
  maxKinds: count(1, 10_000).optional(),
  isCritical: z.custom<never>((value) => typeof value === 'function', 'expected a function').optional(),
});

/** Messages in summaries are cut to so many characters, and what others call their errors to that many. */
const MESSAGE_LENGTH = 200;
const CODE_LENGTH = 60;

/**
 * Counts errors by category and code, and keeps the first few of each with their items. It stays small whatever
 * happens.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`
 *
 * @example
 * const errors = new ErrorAggregator<string>();
 * const outcomes = await settleConcurrent(urls, download, { onError: errors.add });
 * if (errors.hasErrors()) errors.logSummary();
 * errors.raiseIfCritical();
 */
export class ErrorAggregator<I = unknown> {
  private readonly kinds = new Map<string, { -readonly [Name in keyof ErrorKind<I>]: ErrorKind<I>[Name] }>();
  private readonly samples: number;
  private readonly maxKinds: number;
  private readonly isCritical: (error: MillraceError) => boolean;
  private total = 0;
  private critical: { readonly first: MillraceError; count: number } | undefined;

  constructor(options: ErrorAggregatorOptions = {}) {
    checkOptions('ErrorAggregator', schema, options);
    this.samples = options.samples ?? 3;
    this.maxKinds = options.maxKinds ?? 100;
    this.isCritical = options.isCritical ?? (({ scope }) => scope === 'run');
  }

  /** Counts an error. It may be given as `onError`. */
  readonly add = (item: I, thrown: unknown): void => {
    const error = classified(thrown);
    const kind = this.kindOf(error);
    kind.count++;
    this.total++;
    if (kind.samples.length < this.samples) kind.samples = [...kind.samples, { item, error }];
    if (!this.isCritical(error)) return;
    this.critical ??= { first: error, count: 0 };
    this.critical.count++;
  };

  /** How many there were. */
  get count(): number {
    return this.total;
  }

  hasErrors(): boolean {
    return this.total > 0;
  }

  /** The kinds that there were, the most frequent first. */
  byKind(): ErrorKind<I>[] {
    return [...this.kinds.values()].map((kind) => ({ ...kind })).sort((a, b) => b.count - a.count);
  }

  /** How many there were of each category. */
  byCategory(): Record<ErrorCategory, number> {
    const totals = { retryable: 0, transient: 0, fatal: 0 };
    for (const { category, count } of this.kinds.values()) totals[category] += count;
    return totals;
  }

  /** In words: a line for all, one for each kind, and one for each sample. */
  summary(): string {
    if (this.total === 0) return 'no errors';
    const lines = [`${this.total} ${this.total === 1 ? 'error' : 'errors'}`];
    for (const { category, code, count, samples } of this.byKind()) {
      lines.push(`  ${count} × ${code} (${category})`);
      for (const { item, error } of samples)
        lines.push(`    ${shortened(describe(item))}: ${shortened(error.message)}`);
    }
    return lines.join('\n');
  }

  /** Writes the summary. @param write - default: to standard error */
  logSummary(write: (summary: string) => void = (summary) => process.stderr.write(`${summary}\n`)): void {
    write(this.summary());
  }

  /** @throws MillraceError `MILLRACE_CRITICAL` if there were critical errors, with the first of them as its `cause`. */
  raiseIfCritical(): void {
    if (this.critical === undefined) return;
    const { first, count } = this.critical;
    const critical = `${count} critical ${count === 1 ? 'error' : 'errors'} among ${this.total}`;
    const { category, scope } = first;
    throw new MillraceError('MILLRACE_CRITICAL', `${critical}: ${first.message}`, {
      category,
      scope,
      cause: first,
    });
  }

  private kindOf(error: MillraceError) {
    const code = codeOf(error);
    const name = `${error.category} ${code}`;
    const isFull = this.kinds.size >= this.maxKinds && !this.kinds.has(name);
    const key = isFull ? `${error.category} other` : name;
    let kind = this.kinds.get(key);
    if (kind === undefined) {
      kind = { category: error.category, code: isFull ? 'other' : code, count: 0, samples: [] };
      this.kinds.set(key, kind);
    }
    return kind;
  }
}

/** Steps without `classify` give errors that say nothing of themselves, but their causes do. */
function classified(thrown: unknown): MillraceError {
  const error = asMillraceError(thrown);
  return error.code === 'MILLRACE_STEP_FAILED' && error.cause !== undefined
    ? classifyError(error.cause)
    : error;
}

function codeOf({ code, cause }: MillraceError): string {
  if (code !== 'MILLRACE_CALL_FAILED' || isMillraceError(cause)) return code;
  if (typeof cause !== 'object' || cause === null) return code;
  const { code: theirs, status, statusCode, name } = cause as Record<string, unknown>;
  const word = theirs ?? status ?? statusCode ?? name;
  return word === undefined ? code : `${code} ${String(word).slice(0, CODE_LENGTH)}`;
}

function describe(item: unknown): string {
  try {
    return typeof item === 'string' ? item : (JSON.stringify(item) ?? String(item));
  } catch {
    return errorMessage(item);
  }
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > MESSAGE_LENGTH ? `${line.slice(0, MESSAGE_LENGTH)}…` : line;
}
