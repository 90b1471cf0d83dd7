import { type Corpus, embedFeatures, FREQUENCY_BUCKETS } from '../../shared/kernels/lexical-embedding.js';
import { lexicalFeatures } from '../../shared/kernels/lexical-features.js';
import { mulberry32, seedOf } from '../../shared/random.js';

/** Words that are one token each behind a space, in cl100k_base and in o200k_base. */
const WORDS = [
  ...['water', 'wheel', 'stone', 'mill', 'river', 'grain', 'flour', 'stream', 'gate', 'flow', 'road', 'hand'],
  ...['light', 'field', 'house', 'winter', 'summer', 'morning', 'evening', 'bread', 'salt', 'wood', 'iron'],
  ...['rope', 'wind', 'rain', 'snow', 'hill', 'valley', 'bridge', 'town', 'market'],
];
const FIRST = 'The';

/** A text of exactly so many tokens, as pieces of one token. The same for the same seed. */
export function answerPieces(tokens: number, seed: number): string[] {
  const random = mulberry32(seed);
  return Array.from({ length: tokens }, (_, place) =>
    place === 0 ? FIRST : ` ${WORDS[Math.floor(random() * WORDS.length)]}`,
  );
}

let corpus: Corpus | undefined;

/**
 * A unit vector for a text, the same each time: texts with words in common resemble each other. A text without words
 * gets a direction of its own.
 */
export function answerEmbedding(text: string, dimensions: number): Float32Array<ArrayBuffer> {
  // As if each feature were in one text of one: all weigh the same.
  corpus ??= { texts: 1, documentFrequencies: new Uint32Array(FREQUENCY_BUCKETS).fill(1) };
  const row = new Float32Array(dimensions);
  embedFeatures(lexicalFeatures(text), corpus, row);
  if (row.every((value) => value === 0)) row[(seedOf(0, text) >>> 0) % dimensions] = 1;
  return row;
}
