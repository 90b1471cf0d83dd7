import type { Command } from 'commander';
import { addSourceAndTarget, Connections, type SourceAndTarget } from './mongo-options.js';
import { jsonOption, quietOption, wholeNumber } from './option-values.js';
import { EXIT, interrupted } from './program.js';
import { progressDisplay } from './progress-display.js';

interface VerifyCommandOptions extends SourceAndTarget {
  batchSize: number;
  json?: true;
  quiet?: true;
}

export function defineMongoVerifyCommand(command: Command): void {
  addSourceAndTarget(command)
    .option('--batch-size <n>', 'documents that are fetched at once', wholeNumber(1), 1000)
    .addOption(jsonOption())
    .addOption(quietOption())
    .addHelpText('after', HELP)
    .action(verify);
}

const HELP = `
Each difference is a line of JSON on standard output: {"kind":"missing","_id":…}, in the order of _ids, in Extended JSON;
kind is missing (only in the source), extra (only in the target) or different. With --json the last line is the summary.
Exit codes: 0 the same, 1 failed, 2 wrong usage, 3 there are differences, 130 stopped by Ctrl-C.

Examples:
  millrace mongo verify --source talks.chunks --target backup.chunks
  millrace mongo verify --source talks.chunks --target talks.chunks --target-uri mongodb://other:27017/ > differences.jsonl
`;

async function verify(options: VerifyCommandOptions): Promise<void> {
  const { batchSize, json, quiet } = options;
  await using connections = new Connections();
  const collections = await connections.both(options);
  await connections.open();
  const [{ verifyCollections }, { EJSON }] = await Promise.all([
    import('../mongo/verify-collections.js'),
    import('mongodb').then(({ BSON }) => BSON),
  ]);
  const display = progressDisplay(options);
  try {
    const result = await verifyCollections({
      ...collections,
      batchSize,
      signal: interrupted,
      progress: display.show,
      onDifference: (difference) => process.stdout.write(`${EJSON.stringify(difference)}\n`),
    });
    display.close();
    const { same, missing, extra, different, elapsedMs } = result;
    if (missing + extra + different > 0) process.exitCode = EXIT.someFailed;
    if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
    else if (!quiet) {
      const counts = `${same} the same, ${missing} missing, ${extra} extra, ${different} different`;
      process.stderr.write(`${counts}, in ${(elapsedMs / 1000).toFixed(1)} s\n`);
    }
  } finally {
    display.close();
  }
}
