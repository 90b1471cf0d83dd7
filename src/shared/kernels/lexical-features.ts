/** Counts of features by their hash, a signed 32-bit integer. */
export type FeatureCounts = Map<number, number>;

/** What a text consists of, as {@link lexicalFeatures} sees it. */
export interface LexicalFeatures {
  /** Whole words; in scripts written without spaces, single characters. */
  words: FeatureCounts;
  /** Pairs of adjacent words, and pieces of 3 to 5 characters of a word. */
  parts: FeatureCounts;
}

const WORD = /[\p{L}\p{M}\p{N}]+/gu;

/** Scripts written without spaces: here every character is a word. */
const UNSPACED = String.raw`\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}`;
const HAS_UNSPACED = new RegExp(`[${UNSPACED}]`, 'u');
const UNSPACED_CHARACTER_OR_RUN = new RegExp(`[${UNSPACED}]|[^${UNSPACED}]+`, 'gu');

const SHORTEST_PIECE = 3;
const LONGEST_PIECE = 5;
const WORD_START = '<';
const WORD_END = '>';

/** Where the hashes of each family of features begin: far apart, so that the word `the` isn't its piece `the`. */
const WORD_SEED = 0x811c9dc5;
const PAIR_SEED = 0x2f6b1a47;
const PIECE_SEED = 0x5bd1e995;

/**
 * The features of a text, counted: words, pairs of adjacent words, and the pieces of 3 to 5 characters inside
 * each word. Pieces see the word's ends as characters (`<mill>` has `<mi`, `ill>`, …), which is what makes
 * `milling` resemble `mills` (Bojanowski et al., 2017, "Enriching Word Vectors with Subword Information").
 *
 * The text is compared in NFKC and lower case; punctuation, symbols and white space only separate words.
 * Characters are UTF-16 code units. Time and space are linear in the length of the text.
 *
 * Normalisation, case and the class of a character come from the Unicode tables of the running Node. Unicode
 * keeps them stable for characters that exist, so texts give the same features on every Node that knows all of
 * their characters; Node 20 knows those of Unicode 15.
 *
 * @example
 * lexicalFeatures('The mill, the race').words.size; // 3
 */
export function lexicalFeatures(text: string): LexicalFeatures {
  const words: FeatureCounts = new Map();
  const parts: FeatureCounts = new Map();
  let previous: number | undefined;
  for (const word of wordsOf(text)) {
    const hash = hashOfWord(word);
    increment(words, hash);
    if (previous !== undefined) increment(parts, hashOfPair(previous, hash));
    countPieces(parts, word);
    previous = hash;
  }
  return { words, parts };
}

function* wordsOf(text: string): Iterable<string> {
  for (const [word] of text.normalize('NFKC').toLowerCase().matchAll(WORD)) {
    if (HAS_UNSPACED.test(word)) yield* word.match(UNSPACED_CHARACTER_OR_RUN)!;
    else yield word;
  }
}

/** Counts the pieces of `word`, except for the one that is the whole word. */
function countPieces(parts: FeatureCounts, word: string): void {
  const marked = WORD_START + word + WORD_END;
  const longest = Math.min(LONGEST_PIECE, marked.length - 1);
  for (let start = 0; start + SHORTEST_PIECE <= marked.length; start++) {
    const end = Math.min(start + longest, marked.length);
    let hash = PIECE_SEED;
    for (let at = start; at < end; at++) {
      hash = extend(hash, marked.charCodeAt(at));
      if (at - start + 1 >= SHORTEST_PIECE) increment(parts, scramble(hash));
    }
  }
}

function hashOfWord(word: string): number {
  let hash = WORD_SEED;
  for (let at = 0; at < word.length; at++) hash = extend(hash, word.charCodeAt(at));
  return scramble(hash);
}

function hashOfPair(first: number, second: number): number {
  return scramble(extend(extend(PAIR_SEED, first), second));
}

/** A step of FNV-1a (Fowler, Noll and Vo, 1991), over units of up to 32 bits instead of bytes. */
function extend(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, 0x01000193);
}

/** The finaliser of MurmurHash3 (Appleby, 2011): every bit of the result depends on every bit of `hash`. */
function scramble(hash: number): number {
  let bits = hash;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

function increment(counts: FeatureCounts, feature: number): void {
  counts.set(feature, (counts.get(feature) ?? 0) + 1);
}
