import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PieceMemory } from '../../../../src/shared/kernels/piece-memory.js';

/** What a memory says of a whole text, after it was told of it if it didn't know. */
function lookUp(memory: PieceMemory, text: string, tokens: number): number {
  const known = memory.find(text, 0, text.length);
  if (known === 0) memory.keep(text, 0, text.length, tokens);
  return known;
}

describe('PieceMemory', () => {
  it('tells what it was told of a piece, in whatever text that is', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1, maxLength: 6, unit: 'binary' })), (pieces) => {
        const memory = new PieceMemory();
        const model = new Map<string, number>();
        pieces.forEach((piece, i) => {
          const text = `before ${piece} behind`;
          expect(memory.find(text, 7, 7 + piece.length)).toBe(model.get(piece) ?? 0);
          if (!model.has(piece)) {
            memory.keep(text, 7, 7 + piece.length, i + 1);
            model.set(piece, i + 1);
          }
        });
        for (const [piece, tokens] of model) expect(memory.find(piece, 0, piece.length)).toBe(tokens);
      }),
    );
  });

  it('begins anew when it is full, and is never wrong', () => {
    const memory = new PieceMemory();
    let known = 0;
    for (let i = 0; i < 300_000; i++) {
      const text = (i % 100_000).toString(36);
      const tokens = lookUp(memory, text, (i % 1000) + 1);
      if (tokens === 0) continue;
      known++;
      expect(tokens).toBe((i % 1000) + 1);
    }
    expect(known).toBe(0); // The second time around all were forgotten.
    for (let i = 0; i < 1000; i++) expect(lookUp(memory, `again ${i}`, 7)).toBe(0);
    for (let i = 0; i < 1000; i++) expect(lookUp(memory, `again ${i}`, 7)).toBe(7);
  });

  it('keeps long pieces until it has no room for them, and none of more than 256 units', () => {
    const memory = new PieceMemory();
    const long = (i: number) => `${i}`.padStart(256, 'x');
    for (let i = 0; i < 10_000; i++) lookUp(memory, long(i), 3);
    expect(lookUp(memory, long(9_999), 3)).toBe(3);
    expect(lookUp(memory, long(0), 3)).toBe(0);
    const tooLong = 'y'.repeat(257);
    expect([lookUp(memory, tooLong, 3), lookUp(memory, tooLong, 3)]).toEqual([0, 0]);
  });
});
