import { existsSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { ComputePool } from '../compute/compute-pool.js';
import { reasonOf } from '../files/failure-reason.js';
import { streamChunksJsonl } from '../graph/chunks-jsonl.js';
import { type IngestSummary, ingestToFile, logOf } from '../ingest/ingest-run.js';
import type { SyncCounts } from '../mongo/sync-documents.js';
import { Connections, mongoOption } from './mongo-options.js';
import { type CommonOptions, jsonOption, quietOption, threadsOption } from './option-values.js';
import { EXIT, interrupted } from './program.js';
import { progressDisplay } from './progress-display.js';
import { addReadingOptions, type ReadingOptions, readingOf } from './reading-options.js';

interface IngestCommandOptions extends CommonOptions, ReadingOptions {
  out: string;
  manifest?: string;
  resume?: boolean;
  strict?: true;
  skipDuplicates?: true;
  nearDuplicates: number | false;
  mongo?: string;
}

export function defineIngestCommand(command: Command): void {
  command
    .argument(
      '<inputs...>',
      'transcripts in any format: files, folders, globs, .zip, .tar.gz, or - for standard input',
    )
    .requiredOption('--out <file>', 'the chunks.jsonl to write')
    .option(
      '--manifest <file>',
      'what became of each file (default: the output with .manifest.json at its end)',
    )
    .option('--resume', 'go on with what an interrupted run of the same options left: so it does by itself')
    .option('--no-resume', 'begin anew, whatever an interrupted run has done')
    .option('--strict', 'a file with any warning fails')
    .option('--skip-duplicates', 'leave out the chunks of files whose content was there before')
    .option(
      '--near-duplicates <similarity>',
      'files with so much of their text in common, from 0.5 to 1, are reported in the manifest, or off',
      similarityOrOff,
      0.9,
    );
  addReadingOptions(command)
    .addOption(mongoOption('also keep the chunks in the collection chunks of a MongoDB'))
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addOption(quietOption())
    .addHelpText('after', HELP)
    .action(ingest);
}

const HELP = `
In folders and archives, files with the extensions of transcripts are taken, and the manifest counts those passed over and
names the first; a file or glob that is named is read whatever its name. The outputs are never inputs. A line of the output
is a chunk. What is done is kept beside the output until all is done: after whatever ended a run, the same command goes on
where it was; files are known by their content. Exit codes: 0 done, 1 nothing could be done, 2 wrong usage, 3 done but some
inputs failed, 130 stopped by Ctrl-C.

Examples:
  millrace ingest talks/ --out chunks.jsonl
  millrace ingest archive.zip 'more/**/*.vtt' --out chunks.jsonl --chunk-tokens 256
  millrace ingest archive.tar.gz --out chunks.jsonl --no-resume
  millrace ingest talks/ --out chunks.jsonl --mongo mongodb://127.0.0.1:27017/talks
  curl https://example.org/talks.tar.gz | millrace ingest - --out chunks.jsonl --strict --json
`;

function similarityOrOff(text: string): number | false {
  if (text === 'off') return false;
  const value = Number(text);
  if (value >= 0.5 && value <= 1) return value;
  throw new InvalidArgumentError('Expected a number from 0.5 to 1, or off.');
}

async function ingest(inputs: string[], options: IngestCommandOptions): Promise<void> {
  const { out, manifest, resume = true, strict = false, skipDuplicates = false, nearDuplicates } = options;
  const reading = readingOf(options);
  await using connections = new Connections();
  const database = await connections.graph(options.mongo);
  if (!options.quiet && existsSync(logOf(out))) {
    const what = resume ? 'what it has is not done again, --no-resume would begin anew' : 'it is begun anew';
    process.stderr.write(`${logOf(out)}: ${what}\n`);
  }
  const display = progressDisplay(options);
  const pool = new ComputePool({ threads: options.threads });
  try {
    const settings = {
      ...reading,
      out,
      resume,
      strict,
      skipDuplicates,
      nearDuplicates,
      pool,
      signal: interrupted,
      progress: display.show,
    };
    const failures: string[] = [];
    const onFailure = (source: string, error: Error) => {
      failures.push(`failed: ${source}: ${reasonOf({ source, error })}\n`);
    };
    const summary = await ingestToFile(
      inputs,
      { ...settings, ...(manifest !== undefined && { manifest }) },
      onFailure,
    );
    const isDone = summary.failed < summary.files;
    const chunks = streamChunksJsonl(out, { signal: interrupted });
    const stored = isDone ? await database?.saveChunks(chunks, interrupted) : undefined;
    display.close();
    for (const failure of failures) process.stderr.write(failure);
    report({ ...summary, ...(stored && { mongo: stored }) }, options);
  } catch (error) {
    display.close();
    if (interrupted.aborted && existsSync(logOf(out))) {
      const how = resume ? 'the same command' : 'the same command without --no-resume';
      process.stderr.write(`what is done is in ${logOf(out)}: ${how} goes on\n`);
    }
    throw error;
  } finally {
    display.close();
    await pool.close();
  }
}

function report(
  summary: IngestSummary & { mongo?: SyncCounts },
  { json, quiet }: IngestCommandOptions,
): void {
  const {
    files,
    failed,
    passedOver,
    resumed,
    duplicates,
    nearDuplicates,
    chunks,
    tokens,
    bytes,
    warnings,
    elapsedMs,
    out,
  } = summary;
  if (failed > 0) process.exitCode = failed === files ? EXIT.failed : EXIT.someFailed;
  if (json) {
    process.stdout.write(`${JSON.stringify(summary)}\n`);
  } else if (!quiet) {
    const rate = (bytes / 1000 / Math.max(1, elapsedMs)).toFixed(1);
    const more = [
      `${failed} failed`,
      `${passedOver} passed over`,
      `${resumed} resumed`,
      `${duplicates} duplicates`,
      `${nearDuplicates} near duplicates`,
      `${warnings} warnings`,
    ].filter((text) => !text.startsWith('0 '));
    process.stderr.write(
      `${[`${files} files`, ...more].join(', ')}: ${chunks} chunks, ${tokens} tokens in ${(elapsedMs / 1000).toFixed(1)} s (${rate} MB/s) → ${out}\n`,
    );
    const { mongo: stored } = summary;
    if (stored === undefined) return;
    const { inserted, replaced, unchanged, deleted } = stored;
    process.stderr.write(
      `chunks in the database: ${inserted} new, ${replaced} replaced, ${deleted} deleted, ${unchanged} as before\n`,
    );
  }
}
