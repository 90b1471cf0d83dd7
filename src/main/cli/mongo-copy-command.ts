import { type Command, Option } from 'commander';
import { Limiter } from '../limits/limiter.js';
import type { CopyCollectionResult } from '../mongo/copy-collection.js';
import { addSourceAndTarget, Connections, type SourceAndTarget } from './mongo-options.js';
import { byteCount, jsonOption, numberAtLeast, quietOption, wholeNumber } from './option-values.js';
import { EXIT, interrupted } from './program.js';
import { progressDisplay } from './progress-display.js';

interface CopyCommandOptions extends SourceAndTarget {
  concurrency: number;
  batchSize: number;
  maxBytes: number;
  maxRate?: number;
  indexes: boolean;
  resume: boolean;
  dryRun?: true;
  json?: true;
  quiet?: true;
}

export function defineMongoCopyCommand(command: Command): void {
  addSourceAndTarget(command)
    .option('--concurrency <n>', 'ranges of _ids that are copied at once', wholeNumber(1), 4)
    .option('--batch-size <n>', 'documents that are written together, at most', wholeNumber(1), 1000)
    .addOption(
      new Option('--max-bytes <n>', 'bytes that are written together, at most')
        .argParser(byteCount)
        .default(2 ** 24, '16M'),
    )
    .option('--max-rate <n>', 'documents a second, at most (default: no limit)', numberAtLeast(1))
    .option('--no-indexes', 'make no indexes in the target')
    .option('--no-resume', 'begin anew, whatever an interrupted copy has done')
    .option('--dry-run', 'read and count, and write nothing')
    .addOption(jsonOption())
    .addOption(quietOption())
    .addHelpText('after', HELP)
    .action(copy);
}

const HELP = `
After whatever ended a copy the same command goes on where it was. Documents of the target are never overwritten: another
one under the same _id is reported. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but some documents could not be
written, 130 stopped by Ctrl-C.

Examples:
  millrace mongo copy --source talks.chunks --target backup.chunks
  millrace mongo copy --source talks.chunks --target talks.chunks --target-uri mongodb://other:27017/ --max-rate 5000
  millrace mongo copy --source talks.chunks --target backup.chunks --dry-run --json
`;

async function copy(options: CopyCommandOptions): Promise<void> {
  const { concurrency, batchSize, maxBytes, maxRate, indexes, resume, dryRun = false, json, quiet } = options;
  const { copyCollection, refuseSame } = await import('../mongo/copy-collection.js');
  await using connections = new Connections();
  const { source, target } = await connections.both(options);
  refuseSame(source, target);
  await connections.open();
  const display = progressDisplay(options);
  const limiter =
    maxRate === undefined ? undefined : new Limiter({ tokensPerMinute: 60 * maxRate, oversize: 'alone' });
  try {
    const result = await copyCollection({
      source,
      target,
      concurrency,
      batchSize: Math.min(batchSize, Math.ceil(maxRate ?? batchSize)),
      maxBytes,
      limiter,
      indexes,
      resume,
      dryRun,
      signal: interrupted,
      progress: display.show,
      onRejected: ({ _id, problem }) => {
        process.stderr.write(`not written: ${JSON.stringify(_id)}: ${problem}\n`);
      },
    });
    display.close();
    if (result.rejected > 0) process.exitCode = EXIT.someFailed;
    if (json) process.stdout.write(`${JSON.stringify({ ...result, dryRun })}\n`);
    else if (!quiet) process.stderr.write(summary(result, dryRun));
  } finally {
    display.close();
  }
}

function summary(result: CopyCollectionResult, dryRun: boolean): string {
  const { documents, bytes, written, same, rejected, resumed, indexes, elapsedMs } = result;
  const parts = [
    `${written} written`,
    `${same} there before`,
    `${resumed} of an earlier run`,
    `${rejected} not written`,
    `${indexes.length} indexes made`,
  ].filter((part) => !part.startsWith('0 '));
  const what = dryRun ? ['nothing written'] : parts;
  const took = `${(bytes / 1e6).toFixed(1)} MB in ${(elapsedMs / 1000).toFixed(1)} s`;
  return `${documents} documents: ${[...what, took].join(', ')}\n`;
}
