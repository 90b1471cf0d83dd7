/**
 * What the kernels share: the sides of tiles and blocks, and the layout of packed rows. How they fit together:
 * ../similarity/README.md. No static data, no allocation: all memory is the caller's, by address.
 *
 * Packed rows are made of 32-bit words: one float32, two int16 or four int8 consecutive dimensions of a row,
 * padded with zeros at its end. A right-hand panel is RIGHT rows, [step][lane]; a left-hand group is `left` rows,
 * [step][row]. Panels and groups follow each other without gaps.
 */

/** Rows and columns of a tile; also the row stride of its scores, in floats. */
export const BLOCK: usize = 240;
/** Bytes of a word, and of a float32. */
export const WORD: usize = 4;
/** Rows of a right-hand panel: two vectors of four lanes; four where V8 joins them in pairs. WIDE: asconfig.json. */
export const RIGHT: usize = WIDE ? 16 : 8;
/** Bytes of a step of a right-hand panel. */
export const STEP: usize = RIGHT * WORD;

/** Where the word of a right-hand row starts, in panels of `steps` words a row. */
// @ts-ignore: decorator
@inline
export function rightWord(panels: usize, row: usize, steps: usize): usize {
  return panels + (row / RIGHT) * steps * STEP + (row % RIGHT) * WORD;
}

/** Where the word of a left-hand row starts, in groups of `side` rows and `steps` words a row. */
// @ts-ignore: decorator
@inline
export function leftWord(left: usize, row: usize, steps: usize, side: usize): usize {
  return left + ((row / side) * steps * side + (row % side)) * WORD;
}

/** Copies `rows` rows of `steps` words from right-hand panels to left-hand groups of `side` rows. */
// @ts-ignore: decorator
@inline
export function regroup(panels: usize, left: usize, rows: usize, steps: usize, side: usize): void {
  let row: usize = 0;
  while (row < rows) {
    let from = rightWord(panels, row, steps);
    let to = leftWord(left, row, steps, side);
    let step: usize = 0;
    while (step < steps) {
      store<u32>(to, load<u32>(from));
      from += STEP;
      to += side * WORD;
      step++;
    }
    row++;
  }
}
