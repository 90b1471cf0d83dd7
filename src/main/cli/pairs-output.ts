import { writeFileAtomically } from '../files/atomic-write.js';
import { interrupted } from './program.js';

/** Writes pairs to the file that was asked for, else to standard output, unless that is for the summary. */
export async function writePairs(
  csv: Iterable<string>,
  { out, json }: { out?: string; json?: true },
): Promise<void> {
  if (out !== undefined) return writeFileAtomically(out, csv, { signal: interrupted });
  if (json) return;
  let block = '';
  for (const line of csv) {
    block += line;
    if (block.length > 65_536) block = await flush(block);
  }
  await flush(block);
}

async function flush(block: string): Promise<''> {
  interrupted.throwIfAborted();
  if (!process.stdout.write(block)) await new Promise((resolve) => process.stdout.once('drain', resolve));
  return '';
}
