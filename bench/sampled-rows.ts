/** How many rows of a dense answer are compared; numpy_peer.py takes the same. */
const SAMPLED_ROWS = 64;

/** Some rows of an n × n matrix, evenly spread, one after the other. */
export function sampledRows(data: Float32Array, rows: number): Float32Array {
  const sampled = new Float32Array(SAMPLED_ROWS * rows);
  for (let sample = 0; sample < SAMPLED_ROWS; sample++) {
    const row = Math.floor((sample * rows) / SAMPLED_ROWS);
    sampled.set(data.subarray(row * rows, (row + 1) * rows), sample * rows);
  }
  return sampled;
}
