import { type FeatureCounts, type LexicalFeatures, lexicalFeatures } from './lexical-features.js';
import { naturalLog } from './natural-log.js';
import { type PackedTexts, unpackText } from './packed-texts.js';

/** How often features occur in the texts that are embedded together. */
export interface Corpus {
  /** N, how many texts there are. */
  readonly texts: number;
  /** In how many texts a feature of each bucket occurs: {@link FREQUENCY_BUCKETS} counts, each at most N. */
  readonly documentFrequencies: Uint32Array;
}

/** Document frequencies are kept for hashed features. Features that share a bucket also share their count. */
export const FREQUENCY_BUCKETS = 2 ** 20;

/** What pairs and pieces of words weigh compared with a word. On talks of five topics 0.3 to 0.7 does well. */
const PART_WEIGHT = 0.4;
/** What is left of the weight of a feature that is in every text: enough for a lone text to have a direction. */
const UBIQUITOUS_WEIGHT = 0.1;
/** What a feature of a single text keeps of its weight. */
const UNSHARED_SHARE = 0.1;

/** The buckets of a text's features, each once: those whose document frequency it raises by one. */
export function frequencyBuckets({ words, parts }: LexicalFeatures): Uint32Array<ArrayBuffer> {
  const buckets = new Set<number>();
  for (const feature of words.keys()) buckets.add(bucketOf(feature));
  for (const feature of parts.keys()) buckets.add(bucketOf(feature));
  return Uint32Array.from(buckets);
}

/**
 * Writes the embedding of a text into `row`: a unit vector, or zeros if the text has no feature.
 *
 * Each feature f adds ±weight(f) to one number of the row; hash bits choose which, and the sign, so that features
 * that meet there cancel out on average (Weinberger et al., 2009, "Feature Hashing for Large Scale Multitask
 * Learning"). With tf the feature's count in this text and df the number of texts that have it,
 *
 *     weight = kind · (1 + ln tf) · (ln((1 + N) / (1 + df)) + 0.1) · max((df − 1) / df, 0.1)
 *
 * kind is 1 for words and 0.4 for parts. The middle is sub-linear tf with smoothed idf (Manning, Raghavan and
 * Schütze, 2008, "Introduction to Information Retrieval", 6.4), shifted so that what every text has weighs next
 * to nothing even in a small corpus. The last factor is the share of the texts with this feature that are
 * *other* texts: what one text alone has can't make it resemble any other, and would only add noise.
 */
export function embedFeatures(features: LexicalFeatures, corpus: Corpus, row: Float32Array): void {
  const sums = new Float64Array(row.length);
  addFeatures(sums, features.words, 1, corpus);
  addFeatures(sums, features.parts, PART_WEIGHT, corpus);
  let squares = 0;
  for (const sum of sums) squares += sum * sum;
  const length = Math.sqrt(squares);
  for (let i = 0; i < row.length; i++) row[i] = length === 0 ? 0 : sums[i]! / length;
}

function addFeatures(sums: Float64Array, counts: FeatureCounts, kindWeight: number, corpus: Corpus): void {
  const { texts, documentFrequencies } = corpus;
  for (const [feature, count] of counts) {
    const frequency = documentFrequencies[bucketOf(feature)]!;
    const rarity = naturalLog((1 + texts) / (1 + frequency)) + UBIQUITOUS_WEIGHT;
    const sharing = Math.max((frequency - 1) / frequency, UNSHARED_SHARE);
    const weight = kindWeight * (1 + naturalLog(count)) * rarity * sharing;
    const place = (feature & 0x7fffffff) % sums.length;
    sums[place]! += feature >= 0 ? weight : -weight;
  }
}

function bucketOf(feature: number): number {
  return feature & (FREQUENCY_BUCKETS - 1);
}

/** The job of embedding texts: two passes over the same texts, each divided into tiles of `textsPerTile` texts. */
export interface EmbeddingJob {
  /** First `count`, whose parts make up the document frequencies, then `embed`, which needs them complete. */
  readonly pass: 'count' | 'embed';
  readonly texts: PackedTexts;
  readonly textsPerTile: number;
  /** {@link FREQUENCY_BUCKETS} counts as uint32. Workers only read them. */
  readonly documentFrequencies: SharedArrayBuffer;
  /** n × `dimensions` float32, row-major: where the `embed` pass puts its rows. */
  readonly vectors: SharedArrayBuffer;
  readonly dimensions: number;
}

/**
 * Does one tile. Its result is, of the `count` pass, a bucket for each text and each of its features; of the
 * `embed` pass, nothing. Doing it again gives the same: a tile whose worker died halfway may be repeated.
 */
export function embedTile(job: EmbeddingJob, tile: number): Uint32Array<ArrayBuffer> | null {
  const first = tile * job.textsPerTile;
  const end = Math.min(first + job.textsPerTile, job.texts.count);
  return job.pass === 'count' ? countTexts(job, first, end) : embedTexts(job, first, end);
}

function countTexts({ texts }: EmbeddingJob, first: number, end: number): Uint32Array<ArrayBuffer> {
  const seen: Uint32Array[] = [];
  for (let i = first; i < end; i++) seen.push(frequencyBuckets(lexicalFeatures(unpackText(texts, i))));
  const all = new Uint32Array(seen.reduce((total, { length }) => total + length, 0));
  let filled = 0;
  for (const buckets of seen) {
    all.set(buckets, filled);
    filled += buckets.length;
  }
  return all;
}

function embedTexts(job: EmbeddingJob, first: number, end: number): null {
  const corpus = { texts: job.texts.count, documentFrequencies: new Uint32Array(job.documentFrequencies) };
  const rowBytes = job.dimensions * Float32Array.BYTES_PER_ELEMENT;
  for (let i = first; i < end; i++) {
    const row = new Float32Array(job.vectors, i * rowBytes, job.dimensions);
    embedFeatures(lexicalFeatures(unpackText(job.texts, i)), corpus, row);
  }
  return null;
}
