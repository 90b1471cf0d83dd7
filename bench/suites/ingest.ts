import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { poolRows, tokenRows } from '../ingest-rows.js';
import { packageRoot } from '../package-root.js';
import { hostileRows, subRipRows, webVttRows } from '../parse-rows.js';
import type { Suite } from '../suite.js';

/** The texts are the samples, or the folder `hf-course-srt` of MILLRACE_CORPORA. */
export const ingest: Suite = async function* ({ runs, quick, threads }) {
  const given = { ...readTexts(), runs, quick };
  yield* subRipRows(given);
  yield* webVttRows(given);
  yield* hostileRows(given);
  yield* poolRows(given, threads);
  yield* tokenRows(given, threads);
};

function readTexts(): { folder: string; texts: string[] } {
  const corpora = process.env.MILLRACE_CORPORA;
  const folder = corpora ? join(corpora, 'hf-course-srt') : fileURLToPath(new URL('samples', packageRoot));
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.srt'),
  );
  return {
    folder: basename(folder),
    texts: names.sort().map((name) => readFileSync(join(folder, name), 'utf8')),
  };
}
