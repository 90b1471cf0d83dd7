import type { Row } from './row.js';

const WORKS = ['edges', 'top10', 'dense'];
const BLAS = ['openblas-ssyrk', 'openblas-sgemm'];
/** From so many rows on, time is expected to grow as n². */
const LARGE_ROWS = 8192;

/** What follows from the rows of all-pairs similarity, for people: means over the sizes, gain of threads, growth. */
export function summariseSimilarity(rows: readonly Row[]): string[] {
  const growth = rows.filter(({ case: name }) => name.includes('growth'));
  const contests = rows.filter((row) => row.ratio !== null);
  const own = rows.filter((row) => !growth.includes(row));
  return [
    ...section(
      'geometric means over the sizes:',
      distinct(rows, 'threads').flatMap((threads) => means(contests, threads)),
    ),
    ...section('more threads against 1, ours:', gains(own)),
    ...section('growth, time / n² from the least to the most:', spreads(growth)),
  ];
}

function section(heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', heading, ...lines.map((line) => `  ${line}`)];
}

/** For each work and peer, and for the faster BLAS of each size. */
function means(rows: readonly Row[], threads: number): string[] {
  return WORKS.flatMap((work) => {
    const all = rows.filter((row) => row.threads === threads && workOf(row) === work);
    const lines = distinct(all, 'peer').map((peer) =>
      meanLine(
        work,
        peer,
        threads,
        all.filter((row) => row.peer === peer),
      ),
    );
    const blas = all.filter(({ peer }) => BLAS.includes(peer));
    if (distinct(blas, 'peer').length === BLAS.length) {
      lines.push(meanLine(work, 'the faster of ssyrk and sgemm', threads, againstFaster(blas)));
    }
    return lines;
  });
}

/** One of the rows of each case: that with the faster peer. */
function againstFaster(rows: readonly Row[]): Row[] {
  return distinct(rows, 'case').map((name) =>
    rows
      .filter((row) => row.case === name)
      .reduce((faster, row) => (row.theirs! < faster.theirs! ? row : faster)),
  );
}

function meanLine(work: string, peer: string, threads: number, rows: readonly Row[]): string {
  const mean = geometricMean(rows.map(({ ratio }) => ratio!));
  const sizes = rows.map(({ case: name }) => name.split(' ').at(-1)).join(', ');
  return `${work}  ${peer.padEnd(29)}  ${inThreads(threads).padEnd(9)}  ${mean.toFixed(2)}×  (${sizes})`;
}

/** Ours was measured beside each peer: the middle of these is compared. */
function gains(rows: readonly Row[]): string[] {
  return distinct(rows, 'case').flatMap((name) => {
    const timesOf = (threads: number) =>
      rows.filter((row) => row.case === name && row.threads === threads).map(({ ours }) => ours);
    const single = middle(timesOf(1));
    if (single === undefined) return [];
    return distinct(rows, 'threads').flatMap((threads) => {
      const many = threads === 1 ? undefined : middle(timesOf(threads));
      return many === undefined ? [] : [`${name}  ${threads} threads  ${(single / many).toFixed(2)}×`];
    });
  });
}

function spreads(rows: readonly Row[]): string[] {
  return distinct(rows, 'threads').flatMap((threads) =>
    WORKS.flatMap((work) => {
      const all = rows.filter((row) => row.threads === threads && workOf(row) === work);
      const large = all.filter(({ case: name }) => Number(/(\d+)×/.exec(name)?.[1]) >= LARGE_ROWS);
      return all.length < 2
        ? []
        : [
            `${work}  ${inThreads(threads)}  ${spread(large)} from ${LARGE_ROWS} rows on, ${spread(all)} over all`,
          ];
    }),
  );
}

/** How far the values lie from the middle between the least and the most. */
function spread(rows: readonly Row[]): string {
  const values = rows.map(({ ours }) => ours);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return `±${((100 * (most - least)) / (most + least)).toFixed(1)} %`;
}

function inThreads(threads: number): string {
  return threads === 1 ? '1 thread' : `${threads} threads`;
}

function workOf({ case: name }: Row): string {
  return name.split(' ')[0]!;
}

function distinct<K extends 'case' | 'peer' | 'threads'>(rows: readonly Row[], key: K): Row[K][] {
  return [...new Set(rows.map((row) => row[key]))];
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

function middle(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
