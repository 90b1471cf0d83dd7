/** One line of results. All times and rates are medians over `runs` timed runs of each side. */
export interface Row {
  suite: string;
  /** What was done, with its size. */
  case: string;
  /** Whom it is measured beside. */
  peer: string;
  /** Worker threads of ours; the peer has as many, unless it can't have more than one. */
  threads: number;
  /** The version of Node. */
  node: string;
  /** NaN, in JSON null, if it can't be measured here: then `why` says what is missing. */
  ours: number;
  /** Null if the peer isn't there: then `why` says what is missing. */
  theirs: number | null;
  unit: string;
  better: 'lower' | 'higher';
  /** How many times better ours is: above 1 ours is better, below 1 the peer is. Null without the peer. */
  ratio: number | null;
  runs: number;
  /** Billions of floating-point operations a second of ours, where the suite counts them. */
  gflops?: number;
  why?: string;
}

/** Takes the place of a row if the two sides gave different answers: then their times mean nothing. */
export interface Mismatch {
  suite: string;
  case: string;
  peer: string;
  difference: string;
}

/** How many times better ours is. */
export function ratioOf(ours: number, theirs: number, better: Row['better']): number {
  return better === 'lower' ? theirs / ours : ours / theirs;
}
