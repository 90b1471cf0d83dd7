import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';

/** The folder with real transcripts and embeddings, if this machine has it. */
const root = process.env.MILLRACE_CORPORA;

/** A path inside the corpora. */
export function corpus(...path: string[]): string {
  return join(root ?? '', ...path);
}

/**
 * A `describe` whose tests read the corpora. Without MILLRACE_CORPORA it is skipped, with the reason in its title;
 * where CI is set, or the folder is named but absent, it fails instead.
 */
export function describeWithCorpora(title: string, body: () => void): void {
  if (root !== undefined && existsSync(root)) {
    describe(title, body);
    return;
  }
  const reason = root === undefined ? 'MILLRACE_CORPORA is not set' : `MILLRACE_CORPORA=${root} does not exist`;
  if (root === undefined && !process.env.CI) {
    describe.skip(`${title} (skipped: ${reason})`, body);
    return;
  }
  it(title, () => {
    throw new Error(reason);
  });
}
