import type { Row } from './row.js';

const HEADINGS = ['case', 'peer', 'threads', 'ours', 'theirs', 'unit', 'ours is', 'runs', 'GFLOP/s'];
/** Which columns are numbers, and go to the right. */
const NUMBERS = [false, false, true, true, true, false, true, true, true];

/** The rows of one suite for people, in aligned columns. */
export function formatTable(rows: readonly Row[]): string {
  // The last column is for suites that count operations.
  const columns = rows.some(({ gflops }) => gflops !== undefined) ? HEADINGS.length : HEADINGS.length - 1;
  const cells = [HEADINGS, ...rows.map(cellsOf)].map((line) => line.slice(0, columns));
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  const lines = cells.map((line, at) => {
    const padded = line.map((cell, column) =>
      NUMBERS[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
    );
    const why = rows[at - 1]?.why;
    return `  ${padded.join('  ')}${why === undefined ? '' : `  ${why}`}`.trimEnd();
  });
  return lines.join('\n');
}

function cellsOf({
  case: name,
  peer,
  threads,
  ours,
  theirs,
  unit,
  better,
  ratio,
  runs,
  gflops,
}: Row): string[] {
  return [
    name,
    peer,
    String(threads),
    Number.isNaN(ours) ? '–' : threeDigits(ours),
    theirs === null ? '–' : threeDigits(theirs),
    `${unit} (${better} is better)`,
    ratio === null ? '–' : `${ratio.toFixed(2)}×`,
    String(runs),
    gflops === undefined ? '–' : gflops.toFixed(1),
  ];
}

/** At least three significant digits, and no more places than that takes. */
function threeDigits(value: number): string {
  if (value === 0) return '0';
  const places = Math.max(0, 2 - Math.floor(Math.log10(value)));
  return value.toFixed(places);
}
