import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { MillraceError } from '../../shared/errors.js';
import { checkOptions } from '../../shared/options.js';
import { FileLock } from '../compute/file-lock.js';
import { writeFileAtomically } from '../graph/atomic-write.js';
import { IngestLog, type LoggedFile } from './ingest-log.js';
import { type IngestedFile, type IngestOptions, ingestTranscripts } from './ingest-transcripts.js';
import { NearDuplicates } from './near-duplicates.js';

export interface IngestRunOptions extends Omit<IngestOptions, 'isKnown' | 'cwd'> {
  /** The `chunks.jsonl` to write. */
  out: string;
  /** Default: `out` with `.manifest.json` at its end. */
  manifest?: string;
  /** Goes on with what an interrupted run of the same options left. Default: false. */
  resume?: boolean;
  /** A file with any warning fails. Default: false. */
  strict?: boolean;
  /** Leaves out the chunks of files whose content was there before. Default: false. */
  skipDuplicates?: boolean;
  /**
   * How much of their text two files have in common, from 0.5 to 1, that are reported as near duplicates; false for
   * none. Default: 0.9.
   */
  nearDuplicates?: number | false;
}

export interface IngestSummary {
  files: number;
  failed: number;
  /** Files that were not parsed again. */
  resumed: number;
  /** Files with the content of an earlier one. */
  duplicates: number;
  /** Files with other content whose text is nearly that of an earlier one. */
  nearDuplicates: number;
  chunks: number;
  tokens: number;
  bytes: number;
  warnings: number;
  elapsedMs: number;
  out: string;
  manifest: string;
}

/** Which earlier file one has its content or nearly its text from. */
interface Likeness {
  duplicateOf?: string;
  /** The similarity is the Jaccard index of their runs of 9 letters, as `minHash` estimates it. */
  nearDuplicateOf?: { source: string; similarity: number };
}

const optionsSchema = z.object({
  nearDuplicates: z.union(
    [z.literal(false), z.number().min(0.5).max(1)],
    'expected a number from 0.5 to 1, or false',
  ),
});

/** What the manifest says of a file. */
type ManifestEntry =
  | ({ status: 'done' | 'duplicate'; parseMs: number } & Likeness & IngestedFile)
  | { status: 'failed'; source: string; code: string; reason: string };

/**
 * Ingests transcripts into a `chunks.jsonl` and a manifest. What is done is kept in a log beside the output until all is
 * done; output and manifest are written in the end, from the log, in the order of the inputs: their bytes are the same
 * whether or not the run was interrupted, but for times in the manifest. One process at a time may write an output.
 *
 * @param onFailure - told of each file that failed
 * @throws what `ingestTranscripts` throws; MillraceError `MILLRACE_LOCKED`, `MILLRACE_OUTPUT_FAILED`
 */
export async function ingestToFile(
  inputs: readonly string[],
  options: IngestRunOptions,
  onFailure: (source: string, error: MillraceError) => void = () => {},
): Promise<IngestSummary> {
  const {
    out,
    manifest = `${out}.manifest.json`,
    resume = false,
    strict = false,
    skipDuplicates = false,
    nearDuplicates = 0.9,
    ...reading
  } = options;
  checkOptions('ingestToFile', optionsSchema, { nearDuplicates });
  const startMs = performance.now();
  using _lock = FileLock.take(out);
  const run = new Run({ strict, skipDuplicates, nearDuplicates, onFailure });
  {
    await using log = await IngestLog.open(logOf(out), settingsOf(options), resume, options.signal);
    const isKnown = (source: string, sha256: string) => log.has(source, sha256);
    for await (const item of ingestTranscripts(inputs, { ...reading, isKnown })) {
      if (item.state === 'failed') run.failed(item.source, item.error.code, item.error.message, item.error);
      else if (item.state === 'known') run.done(log.get(item.source, item.sha256)!, true);
      else {
        log.append(item, item.jsonl);
        run.done(item, false);
      }
    }
    await log.sync();
    const files = run.entries.filter((entry) => entry.status === 'done');
    const signal = options.signal && { signal: options.signal };
    await writeFileAtomically(out, linesOf(log, files), signal);
    await writeFileAtomically(manifest, manifestJson(settingsOf(options), run.entries), signal);
  }
  await rm(logOf(out), { force: true });
  return { ...run.counts, elapsedMs: performance.now() - startMs, out, manifest };
}

/** The log of an unfinished run. */
export function logOf(out: string): string {
  return `${out}.unfinished`;
}

/** What decides the chunks of a file. */
function settingsOf(options: IngestRunOptions): object {
  const { maxTokens, overlapTokens, tokenizer, encoding, strategy, windowMs, cleaning } = options;
  const settings = { maxTokens, overlapTokens, tokenizer, encoding, strategy, windowMs, cleaning };
  return {
    version: 1,
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, value ?? null])),
  };
}

/** What has become of the files so far. */
class Run {
  readonly entries: ManifestEntry[] = [];
  readonly counts = {
    files: 0,
    failed: 0,
    resumed: 0,
    duplicates: 0,
    nearDuplicates: 0,
    chunks: 0,
    tokens: 0,
    bytes: 0,
    warnings: 0,
  };
  private readonly firstWith = new Map<string, string>();
  private readonly similar: NearDuplicates | undefined;

  constructor(
    private readonly options: {
      strict: boolean;
      skipDuplicates: boolean;
      nearDuplicates: number | false;
      onFailure: (source: string, error: MillraceError) => void;
    },
  ) {
    if (options.nearDuplicates !== false) this.similar = new NearDuplicates(options.nearDuplicates);
  }

  failed(source: string, code: string, reason: string, error: MillraceError): void {
    this.counts.files++;
    this.counts.failed++;
    this.entries.push({ status: 'failed', source, code, reason });
    this.options.onFailure(source, error);
  }

  done({ file, signature, elapsedMs }: LoggedFile, isResumed: boolean): void {
    const { counts } = this;
    const [warning] = file.warnings;
    if (this.options.strict && warning !== undefined) {
      const reason = `${file.source}, line ${warning.line}: ${warning.message} (${file.warnings.length} warnings, and strict allows none)`;
      this.failed(file.source, 'MILLRACE_UNREADABLE_INPUT', reason, strictFailure(reason));
      return;
    }
    counts.files++;
    counts.bytes += file.bytes;
    counts.warnings += file.warnings.length;
    if (isResumed) counts.resumed++;
    const likeness = this.likenessOf(file, signature);
    const isLeftOut = likeness.duplicateOf !== undefined && this.options.skipDuplicates;
    if (!isLeftOut) {
      counts.chunks += file.chunks;
      counts.tokens += file.tokens;
    }
    const parseMs = Math.round(elapsedMs * 10) / 10;
    this.entries.push({ status: isLeftOut ? 'duplicate' : 'done', ...likeness, ...file, parseMs });
  }

  private likenessOf({ source, sha256 }: IngestedFile, signature: Uint8Array | null): Likeness {
    const duplicateOf = this.firstWith.get(sha256);
    if (duplicateOf !== undefined) {
      this.counts.duplicates++;
      return { duplicateOf };
    }
    this.firstWith.set(sha256, source);
    const similar = signature === null ? undefined : this.similar?.findOrKeep(source, signature);
    if (similar === undefined) return {};
    this.counts.nearDuplicates++;
    return { nearDuplicateOf: { ...similar, similarity: Math.round(similar.similarity * 1000) / 1000 } };
  }
}

function strictFailure(reason: string): MillraceError {
  return new MillraceError('MILLRACE_UNREADABLE_INPUT', reason);
}

async function* linesOf(log: IngestLog, files: readonly ManifestEntry[]): AsyncIterable<Uint8Array> {
  for (const entry of files) if (entry.status !== 'failed') yield await log.lines(entry.source, entry.sha256);
}

/** One file a line, so that it can be searched by line tools, too. */
function* manifestJson(settings: object, entries: readonly ManifestEntry[]): Iterable<string> {
  yield `{"settings":${JSON.stringify(settings)},"files":[`;
  for (const [i, entry] of entries.entries()) yield `${i === 0 ? '' : ','}\n${JSON.stringify(entry)}`;
  yield '\n]}\n';
}
