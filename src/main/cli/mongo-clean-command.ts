import type { Command } from 'commander';
import type { Document } from 'mongodb';
import { errorMessage } from '../../shared/errors.js';
import { Limiter } from '../limits/limiter.js';
import { Connections, type Namespace, namespace, uriOption } from './mongo-options.js';
import { jsonOption, numberAtLeast, quietOption, wholeNumber } from './option-values.js';
import { EXIT, interrupted, UsageError } from './program.js';
import { progressDisplay } from './progress-display.js';

interface CleanCommandOptions {
  collection: Namespace;
  uri?: string;
  unset?: string[];
  set?: string;
  filter?: string;
  concurrency: number;
  batchSize: number;
  maxRate?: number;
  resume: boolean;
  dryRun?: true;
  json?: true;
  quiet?: true;
}

export function defineMongoCleanCommand(command: Command): void {
  command
    .requiredOption('--collection <db.collection>', 'the collection to change', namespace)
    .addOption(uriOption())
    .option('--unset <fields...>', 'fields to take out, with dots for what is inside of others')
    .option('--set <json>', 'fields to set, in Extended JSON')
    .option(
      '--filter <json>',
      'which documents, in Extended JSON (default: those with any of the fields to take out)',
    )
    .option('--concurrency <n>', 'ranges of _ids that are worked on at once', wholeNumber(1), 4)
    .option('--batch-size <n>', 'documents that are changed together, at most', wholeNumber(1), 1000)
    .option('--max-rate <n>', 'documents a second, at most (default: no limit)', numberAtLeast(1))
    .option('--no-resume', 'begin anew, whatever an interrupted run has done')
    .option('--dry-run', 'count the documents that would be changed, and change nothing')
    .addOption(jsonOption())
    .addOption(quietOption())
    .addHelpText('after', HELP)
    .action(clean);
}

const HELP = `
After whatever ended a run the same command goes on where it was. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but
some documents could not be changed, 130 stopped by Ctrl-C.

Examples:
  millrace mongo clean --collection talks.chunks --unset embedding draft.notes --dry-run
  millrace mongo clean --collection talks.chunks --unset embedding --max-rate 2000
  millrace mongo clean --collection talks.chunks --filter '{"lang":null}' --set '{"lang":"en"}'
`;

async function clean(options: CleanCommandOptions): Promise<void> {
  const { concurrency, batchSize, maxRate, resume, dryRun = false, json, quiet } = options;
  const [{ updateInBatches }, { EJSON }] = await Promise.all([
    import('../mongo/update-in-batches.js'),
    import('mongodb').then(({ BSON }) => BSON),
  ]);
  const parse = (name: string, text: string) => parseDocument(name, text, EJSON.parse);
  const { unset = [] } = options;
  const update = {
    ...(unset.length > 0 && { $unset: Object.fromEntries(unset.map((field) => [field, ''])) }),
    ...(options.set !== undefined && { $set: parse('--set', options.set) }),
  };
  if (Object.keys(update).length === 0) throw new UsageError('nothing to do: expected --unset or --set');
  const given = options.filter === undefined ? undefined : parse('--filter', options.filter);
  const filter = given ?? (options.set === undefined ? hasAnyOf(unset) : undefined);
  await using connections = new Connections();
  const collection = await connections.collection(options.uri, options.collection);
  await connections.open();
  const display = progressDisplay(options);
  try {
    const result = await updateInBatches({
      collection,
      filter,
      update,
      // What has none of the fields any more is left as it is.
      recheck: given !== undefined,
      concurrency,
      batchSize: Math.min(batchSize, Math.ceil(maxRate ?? batchSize)),
      limiter:
        maxRate === undefined ? undefined : new Limiter({ tokensPerMinute: 60 * maxRate, oversize: 'alone' }),
      resume,
      dryRun,
      signal: interrupted,
      progress: display.show,
      onRejected: ({ id, message }) => {
        process.stderr.write(`not changed: ${EJSON.stringify(id)}: ${message}\n`);
      },
    });
    display.close();
    if (result.rejected > 0) process.exitCode = EXIT.someFailed;
    if (json) process.stdout.write(`${JSON.stringify({ ...result, dryRun })}\n`);
    else if (!quiet) {
      const { documents, modified, rejected, resumed, elapsedMs } = result;
      const parts = [
        dryRun ? 'would be changed, and nothing was' : `${modified} changed`,
        ...(resumed > 0 ? [`${resumed} of an earlier run`] : []),
        ...(rejected > 0 ? [`${rejected} not changed`] : []),
      ];
      process.stderr.write(
        `${documents} documents${dryRun ? ' ' : ': '}${parts.join(', ')}, in ${(elapsedMs / 1000).toFixed(1)} s\n`,
      );
    }
  } finally {
    display.close();
  }
}

function hasAnyOf(fields: readonly string[]): Document {
  const [first, ...others] = fields.map((field) => ({ [field]: { $exists: true } }));
  return others.length === 0 ? first! : { $or: [first, ...others] };
}

function parseDocument(name: string, text: string, parse: (text: string) => unknown): Document {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new UsageError(`${name}: ${errorMessage(error)}, expected Extended JSON`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new UsageError(`${name}: expected an object, received ${text}`);
}
