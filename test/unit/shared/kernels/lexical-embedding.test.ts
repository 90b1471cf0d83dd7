import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type EmbeddingJob,
  embedTile,
  FREQUENCY_BUCKETS,
  frequencyBuckets,
} from '../../../../src/shared/kernels/lexical-embedding.js';
import { lexicalFeatures } from '../../../../src/shared/kernels/lexical-features.js';
import { packTexts } from '../../../../src/shared/kernels/packed-texts.js';

/** Both passes in this thread, tiles in the given order. */
function embed(
  texts: readonly string[],
  { dimensions = 512, textsPerTile = 32, repeat = 1, backwards = false } = {},
) {
  const frequencies = new Uint32Array(new SharedArrayBuffer(FREQUENCY_BUCKETS * 4));
  const vectors = new SharedArrayBuffer(texts.length * dimensions * 4);
  const common = {
    texts: packTexts(texts),
    textsPerTile,
    documentFrequencies: frequencies.buffer,
    vectors,
    dimensions,
  };
  const tiles = Array.from({ length: Math.ceil(texts.length / textsPerTile) }, (_, tile) => tile);
  if (backwards) tiles.reverse();
  for (const pass of ['count', 'embed'] as const) {
    const job: EmbeddingJob = { ...common, pass };
    for (const tile of tiles) {
      for (let again = 1; again < repeat; again++) embedTile(job, tile);
      for (const bucket of embedTile(job, tile) ?? []) frequencies[bucket]!++;
    }
  }
  return texts.map((_, i) => new Float32Array(vectors, i * dimensions * 4, dimensions));
}

function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

const words = fc.array(fc.constantFrom('mill', 'wheel', 'race', 'bread', 'bee', '水', '車', 'stone'), {
  maxLength: 12,
});
const texts = fc.array(
  words.map((list) => list.join(' ')),
  { maxLength: 20 },
);

describe('the lexical embedding', () => {
  it('gives unit rows, and rows of zeros to texts without words', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 40 }), (list, dimensions) => {
        for (const [i, row] of embed(list, { dimensions }).entries()) {
          const length = Math.hypot(...row);
          // In very few dimensions, features may cancel each other out.
          if (list[i] === '') expect(length).toBe(0);
          else expect(Math.min(Math.abs(length - 1), length)).toBeLessThan(1e-6);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('has the same bytes however the texts are divided, in whatever order tiles come, and if tiles are repeated', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 25 }), (list, textsPerTile) => {
        expect(embed(list, { textsPerTile, repeat: 2, backwards: true })).toEqual(embed(list));
      }),
      { numRuns: 50 },
    );
  });

  it('gives equal texts equal rows, a lone text too, and does not depend on the order of the list', () => {
    const [first, second] = embed(['the mill stands', 'the mill stands']);
    expect(first).toEqual(second);
    expect(Math.hypot(...first!)).toBeCloseTo(1, 6);
    expect(Math.hypot(...embed(['the mill stands'])[0]!)).toBeCloseTo(1, 6);
    const list = ['the mill', 'the wheel turns', 'bread and the bee'];
    expect(embed(list.toReversed()).toReversed()).toEqual(embed(list));
  });

  it('lets what all texts have weigh next to nothing, and what a few share decide', () => {
    const list = [
      'and the otter',
      'and the otter',
      'and the crane',
      'and the anvil',
      'and the comet',
      'and the maple',
    ];
    const [otter, again, crane, anvil] = embed(list);
    expect(cosine(otter!, again!)).toBeCloseTo(1, 5);
    expect(cosine(crane!, anvil!)).toBeLessThan(0.35);
  });

  it('lists each bucket of a text once', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const features = lexicalFeatures(text);
        const buckets = frequencyBuckets(features);
        expect(new Set(buckets).size).toBe(buckets.length);
        expect(buckets.length).toBeLessThanOrEqual(features.words.size + features.parts.size);
        expect(buckets.every((bucket) => bucket < FREQUENCY_BUCKETS)).toBe(true);
      }),
    );
  });

  it('has these very bytes, on every machine', () => {
    const rows = embed([
      'The mill race turns the wheel.',
      'Das Mühlrad dreht sich',
      '水車は回る',
      'The race is run',
      '',
    ]);
    const hash = createHash('sha256');
    for (const row of rows) hash.update(new Uint8Array(row.slice().buffer));
    expect(hash.digest('hex')).toBe('380036e52222d041eeff33b486ec88c56e644c5eb938165c5b1f136102692101');
  });
});

describe('the lexical embedding of the samples', () => {
  const folder = fileURLToPath(new URL('../../../../samples/', import.meta.url));
  const passages = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(srt|vtt|sbv|txt)$/.test(file))
    .sort()
    .flatMap((file) =>
      passagesOf(readFileSync(folder + file, 'utf8')).map((text) => ({
        text,
        topic: file.split(/[\\/]/)[0]!,
      })),
    );

  /** About 350 words each, without times and mark-up. */
  function passagesOf(file: string): string[] {
    const lines = file.split(/\r?\n/).filter((line) => !/-->|^\d+$|^\d:\d\d:|^(WEBVTT|NOTE)/.test(line));
    const all = lines
      .join(' ')
      .replace(/<[^>]*>/g, '')
      .split(/\s+/);
    return Array.from({ length: Math.floor(all.length / 350) }, (_, i) =>
      all.slice(i * 350, (i + 1) * 350).join(' '),
    );
  }

  it('puts passages on one topic clearly closer together than passages on different ones', () => {
    const rows = embed(passages.map(({ text }) => text));
    const within: number[] = [];
    const between: number[] = [];
    let nearestOnTopic = 0;
    for (const [i, a] of rows.entries()) {
      let nearest = { similarity: -1, topic: '' };
      for (const [j, b] of rows.entries()) {
        if (i === j) continue;
        const similarity = cosine(a, b);
        const { topic } = passages[j]!;
        (topic === passages[i]!.topic ? within : between).push(similarity);
        if (similarity > nearest.similarity) nearest = { similarity, topic };
      }
      if (nearest.topic === passages[i]!.topic) nearestOnTopic++;
    }
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(passages.length).toBeGreaterThanOrEqual(40);
    expect(mean(within)).toBeGreaterThan(2 * mean(between));
    expect(nearestOnTopic / passages.length).toBeGreaterThan(0.9);
  });
});
