import type { LogPlace } from './ingest-log.js';

const FIELDS = 3;

/** Places in a log, by number: an archive has many files, and of each there is one here, in 24 to 48 bytes. */
export class LogPlaces {
  private fields = new Float64Array(1024 * FIELDS);
  private count = 0;

  /** @returns its number, from 0 */
  push({ start, jsonBytes, linesBytes }: LogPlace): number {
    if (this.count * FIELDS === this.fields.length) {
      const { fields } = this;
      this.fields = new Float64Array(2 * fields.length);
      this.fields.set(fields);
    }
    this.fields.set([start, jsonBytes, linesBytes], this.count * FIELDS);
    return this.count++;
  }

  at(number: number): LogPlace {
    const [start, jsonBytes, linesBytes] = this.fields.subarray(number * FIELDS, (number + 1) * FIELDS);
    return { start: start!, jsonBytes: jsonBytes!, linesBytes: linesBytes! };
  }
}
