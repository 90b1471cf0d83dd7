import type { SharedMatrix } from 'millrace';

/** The rows with length 1, row-major, in memory that isn't shared: native packages don't take shared memory. */
export function unitRows({ rows, columns, data }: SharedMatrix): Float32Array<ArrayBuffer> {
  const unit = new Float32Array(data.length);
  for (let first = 0; first < rows * columns; first += columns) {
    let squares = 0;
    for (let at = first; at < first + columns; at++) squares += data[at]! * data[at]!;
    const scale = 1 / Math.sqrt(squares);
    for (let at = first; at < first + columns; at++) unit[at] = data[at]! * scale;
  }
  return unit;
}
