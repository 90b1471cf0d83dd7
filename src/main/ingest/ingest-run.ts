import { rm } from 'node:fs/promises';
import { z } from 'zod';
import type { MillraceError } from '../../shared/errors.js';
import { checkOptions } from '../../shared/options.js';
import { replaceable, writeFileAtomically } from '../files/atomic-write.js';
import { FileLock } from '../files/file-lock.js';
import type { FindInputsOptions } from './find-inputs.js';
import { IngestLog } from './ingest-log.js';
import { type IngestOptions, ingestTranscripts } from './ingest-transcripts.js';
import { RunResults } from './run-results.js';

export interface IngestRunOptions extends Omit<IngestOptions, 'knownSha256' | keyof FindInputsOptions> {
  /** The `chunks.jsonl` to write. */
  out: string;
  /** Default: `out` with `.manifest.json` at its end. */
  manifest?: string;
  /** Goes on with what an interrupted run of the same options left, else begins anew. Default: true. */
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
  /** Files of folders and archives that were not taken for transcripts. */
  passedOver: number;
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

const optionsSchema = z.object({
  nearDuplicates: z.union(
    [z.literal(false), z.number().min(0.5).max(1)],
    'expected a number from 0.5 to 1, or false',
  ),
});

/**
 * Ingests transcripts into a `chunks.jsonl` and a manifest. What is done is kept in a log beside the output until all is
 * done; output and manifest are written in the end, from the log, in the order of the inputs: their bytes are the same
 * whether or not the run was interrupted, but for times in the manifest. One process at a time may write an output.
 *
 * If every file fails nothing is written, and what was there stays.
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
    resume = true,
    strict = false,
    skipDuplicates = false,
    nearDuplicates = 0.9,
    ...reading
  } = options;
  checkOptions('ingestToFile', optionsSchema, { nearDuplicates });
  const startMs = performance.now();
  for (const path of [out, manifest]) await replaceable(path);
  using _lock = FileLock.take(out);
  const run = new RunResults({ strict, skipDuplicates, nearDuplicates, onFailure });
  {
    await using log = await IngestLog.open(logOf(out), settingsOf(options), resume, options.signal);
    const knownSha256 = (source: string) => log.find(source)?.sha256;
    const exclude = [out, manifest, logOf(out), `${out}.lock`];
    const onPassedOver = (source: string) => run.passedOver.add(source);
    for await (const item of ingestTranscripts(inputs, { ...reading, knownSha256, exclude, onPassedOver })) {
      if (item.state === 'failed') run.failed(item.source, item.error);
      else if (item.state === 'done') run.done(log.append(item, item.jsonl), item, false);
      else {
        const { place } = log.find(item.source)!;
        run.done(place, await log.logged(place), true);
      }
    }
    await log.sync();
    // Else what was there before stays.
    if (run.counts.files > run.counts.failed) {
      const signal = options.signal && { signal: options.signal };
      await writeFileAtomically(out, linesOf(log, run), signal);
      await writeFileAtomically(manifest, manifestJson(settingsOf(options), log, run), signal);
    }
  }
  await rm(logOf(out), { force: true });
  return {
    ...run.counts,
    passedOver: run.passedOver.files,
    elapsedMs: performance.now() - startMs,
    out,
    manifest,
  };
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

async function* linesOf(log: IngestLog, run: RunResults): AsyncIterable<Uint8Array> {
  for (const result of run.results)
    if (typeof result === 'number' && !run.isLeftOut(result)) yield await log.lines(run.places.at(result));
}

/** One file a line, so that it can be searched by line tools, too. */
async function* manifestJson(settings: object, log: IngestLog, run: RunResults): AsyncIterable<string> {
  yield `{"settings":${JSON.stringify(settings)},"passedOver":${JSON.stringify(run.passedOver)},"files":[`;
  for (const [i, result] of run.results.entries()) {
    const entry = typeof result === 'number' ? await manifestEntry(log, run, result) : result;
    yield `${i === 0 ? '' : ','}\n${JSON.stringify(entry)}`;
  }
  yield '\n]}\n';
}

async function manifestEntry(log: IngestLog, run: RunResults, number: number): Promise<object> {
  const { file, elapsedMs } = await log.logged(run.places.at(number));
  const status = run.isLeftOut(number) ? 'duplicate' : 'done';
  const { duplicateOf, nearDuplicateOf } = run.likenesses.get(number) ?? {};
  const sourceOf = async (other: number) => (await log.logged(run.places.at(other))).file.source;
  return {
    status,
    ...(duplicateOf !== undefined && { duplicateOf: await sourceOf(duplicateOf) }),
    ...(nearDuplicateOf && {
      nearDuplicateOf: {
        source: await sourceOf(nearDuplicateOf.item),
        similarity: Math.round(nearDuplicateOf.similarity * 1000) / 1000,
      },
    }),
    ...file,
    parseMs: Math.round(elapsedMs * 10) / 10,
  };
}
