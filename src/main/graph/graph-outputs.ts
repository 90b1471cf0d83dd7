import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorMessage, MillraceError } from '../../shared/errors.js';
import { replaceable } from '../files/atomic-write.js';

const NAMES = [
  'chunks.jsonl',
  'embeddings.npy',
  'edges.csv',
  'graph.graphml',
  'summary.json',
  'report.html',
] as const;

export type OutputName = (typeof NAMES)[number];

/** The files that a graph is written to. */
export function outputPaths(folder: string): string[] {
  return NAMES.map((name) => join(folder, name));
}

/**
 * Whether the outputs can be written, before the work that would be lost without them.
 *
 * @throws MillraceError `MILLRACE_OUTPUT_FAILED`
 */
export async function checkOutputs(folder: string): Promise<void> {
  let missing = folder;
  while (!existsSync(dirname(missing)) && dirname(missing) !== missing) missing = dirname(missing);
  const paths = existsSync(folder) ? outputPaths(folder) : [missing];
  for (const path of paths) await replaceable(path);
}

/** Makes the folder of the outputs, if it isn't there. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    const message = `can't make the folder ${path}: ${errorMessage(cause)}`;
    throw new MillraceError('MILLRACE_OUTPUT_FAILED', message, { cause });
  }
}
