import { createReadStream } from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import { compareCodePoints } from '../../shared/code-point-order.js';
import { asMillraceError, MillraceError } from '../../shared/errors.js';
import { MAX_FILE_BYTES } from '../../shared/transcript-file.js';
import { type FindInputsOptions, findInputs, type InputPath } from './find-inputs.js';
import { readAtMost } from './read-at-most.js';
import { tarEntries } from './tar-entries.js';
import type { TranscriptSource } from './transcript-source.js';
import { zipEntries } from './zip-entries.js';

export interface TranscriptSourcesOptions extends FindInputsOptions {
  /** What `-` stands for. Default: standard input. */
  standardInput?: Readable;
  /** Ends the wait for standard input. */
  signal?: AbortSignal | undefined;
}

/** Standard input isn't kept as a whole unless it must be. */
const MAX_PIPED_ARCHIVE_BYTES = 2 ** 31;

/**
 * The transcripts that arguments name: files, folders and globs, as `findInputs` finds them, in the order of their
 * sources, with what is in archives (`.zip`, `.tar`, `.tar.gz`, `.tgz`) in the place of these, in their own order; and
 * `-`, a transcript or an archive on standard input. What can't be read is a source with the reason as its content.
 *
 * @returns also how many there are, where no archive hides it
 */
export async function transcriptSources(
  inputs: readonly (string | InputPath)[],
  options: TranscriptSourcesOptions = {},
): Promise<{ sources: AsyncIterable<TranscriptSource>; count: number | undefined }> {
  const { standardInput = process.stdin, signal, onPassedOver = () => {} } = options;
  const patterns = inputs.filter((input) => typeof input === 'string' && input !== '-') as string[];
  const given = inputs.filter((input) => typeof input !== 'string');
  const found = await findInputs(patterns, options);
  const failed = found.failures.map(({ source, error }) => ({ source, failure: error }));
  const all = [...found.files, ...given, ...failed].sort((a, b) => compareCodePoints(a.source, b.source));
  checkSources(all);
  const piped = inputs.includes('-') ? standardInput : undefined;
  if (piped !== undefined && signal !== undefined) addAbortSignal(signal, piped);
  const isCounted =
    piped === undefined && !all.some((input) => 'path' in input && archiveKind(input.path) !== undefined);
  return { sources: open(all, piped, onPassedOver), count: isCounted ? all.length : undefined };
}

type Input = InputPath | { source: string; failure: MillraceError };

function checkSources(inputs: readonly Input[]): void {
  inputs.forEach((input, i) => {
    const before = inputs[i - 1];
    if (before?.source !== input.source || !('path' in input) || !('path' in before)) return;
    const problem = `two files have the source "${input.source}", expected different ones: ${before.path} and ${input.path}`;
    throw new MillraceError('MILLRACE_DUPLICATE_KEY', `ingestTranscripts: ${problem}`);
  });
}

async function* open(
  inputs: readonly Input[],
  piped: AsyncIterable<Uint8Array> | undefined,
  onPassedOver: (source: string) => void,
): AsyncGenerator<TranscriptSource> {
  for (const input of inputs) {
    if ('failure' in input) yield failing(input.source, input.failure);
    else yield* openFile(input, onPassedOver);
  }
  if (piped !== undefined) yield* openPipe(piped, onPassedOver);
}

async function* openFile(
  { path, source }: InputPath,
  onPassedOver: (source: string) => void,
): AsyncGenerator<TranscriptSource> {
  const kind = archiveKind(path);
  if (kind === undefined) {
    yield { source, content: path };
    return;
  }
  const entries =
    kind === 'zip'
      ? zipEntries(path, source, onPassedOver)
      : tarEntries(createReadStream(path), source, { gzip: kind === 'tar.gz', onPassedOver });
  yield* orFailing(entries, source);
}

/** What is left of a damaged archive is one failure more. */
async function* orFailing(
  entries: AsyncGenerator<TranscriptSource>,
  source: string,
): AsyncGenerator<TranscriptSource> {
  try {
    yield* entries;
  } catch (error) {
    yield failing(source, asMillraceError(error, 'MILLRACE_UNREADABLE_INPUT'));
  }
}

function failing(source: string, failure: MillraceError): TranscriptSource {
  return { source, content: failure };
}

function archiveKind(path: string): 'zip' | 'tar' | 'tar.gz' | undefined {
  if (/\.zip$/i.test(path)) return 'zip';
  if (/\.(?:tar\.gz|tgz)$/i.test(path)) return 'tar.gz';
  return /\.tar$/i.test(path) ? 'tar' : undefined;
}

const NAME_OF_PIPE = '-';
/** Where the name of the format stands in a tar archive. */
const USTAR_AT = 257;

/** Standard input, by its first bytes. */
async function* openPipe(
  piped: AsyncIterable<Uint8Array>,
  onPassedOver: (source: string) => void,
): AsyncGenerator<TranscriptSource> {
  const { head, all } = await peek(piped, USTAR_AT + 5);
  if (head[0] === 0x1f && head[1] === 0x8b)
    yield* orFailing(tarEntries(all, NAME_OF_PIPE, { gzip: true, onPassedOver }), NAME_OF_PIPE);
  else if (head.subarray(USTAR_AT, USTAR_AT + 5).toString('latin1') === 'ustar') {
    yield* orFailing(tarEntries(all, NAME_OF_PIPE, { gzip: false, onPassedOver }), NAME_OF_PIPE);
  } else if (head.subarray(0, 4).toString('latin1') === 'PK\u0003\u0004') {
    const archive = Buffer.from(await readAtMost(all, MAX_PIPED_ARCHIVE_BYTES, NAME_OF_PIPE));
    yield* orFailing(zipEntries(archive, NAME_OF_PIPE, onPassedOver), NAME_OF_PIPE);
  } else {
    const content = await readAtMost(all, MAX_FILE_BYTES, NAME_OF_PIPE).catch((error: unknown) =>
      asMillraceError(error, 'MILLRACE_UNREADABLE_INPUT'),
    );
    yield { source: NAME_OF_PIPE, content };
  }
}

async function peek(
  stream: AsyncIterable<Uint8Array>,
  size: number,
): Promise<{ head: Buffer; all: AsyncIterable<Uint8Array> }> {
  const iterator = stream[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  let isOver = false;
  while (head.length < size && !isOver) {
    const { value, done } = await iterator.next();
    if (done) isOver = true;
    else head = Buffer.concat([head, Buffer.from(value as Uint8Array)]);
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    yield head;
    if (!isOver) yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return { head, all: all() };
}
