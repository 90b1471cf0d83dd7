import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { describeNeeding } from './requirements.js';

/** The folder with real transcripts and embeddings, if this machine has it. */
const root = process.env.MILLRACE_CORPORA;

/** A path inside the corpora. */
export function corpus(...path: string[]): string {
  return join(root ?? '', ...path);
}

/**
 * A `describe` whose tests read the corpora. Without MILLRACE_CORPORA it is skipped, with the reason, or fails where
 * CI is set; where the folder is named but absent, it fails everywhere.
 */
export function describeWithCorpora(title: string, body: () => void): void {
  if (root === undefined) {
    describeNeeding('MILLRACE_CORPORA is not set', title, body);
  } else if (existsSync(root)) {
    describe(title, body);
  } else {
    it(title, () => {
      throw new Error(`MILLRACE_CORPORA=${root} does not exist`);
    });
  }
}
