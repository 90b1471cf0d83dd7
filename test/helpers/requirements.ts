import { describe, it } from 'vitest';

/**
 * A `describe` whose tests need something that not every machine has. Where it is `missing` (a reason, or
 * undefined if it is there) the tests are skipped, with the reason in the title; where CI is set they fail.
 */
export function describeNeeding(missing: string | undefined, title: string, body: () => void): void {
  if (missing === undefined) {
    describe(title, body);
  } else if (process.env.CI) {
    it(title, () => {
      throw new Error(missing);
    });
  } else {
    console.warn(`skipped: ${title}: ${missing}`);
    describe.skip(`${title} (skipped: ${missing})`, body);
  }
}
