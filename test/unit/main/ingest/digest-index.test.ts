import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DigestIndex } from '../../../../src/main/ingest/digest-index.js';

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');

describe('DigestIndex', () => {
  it('tells the first file with some content, among many', () => {
    const index = new DigestIndex();
    const first = new Map<string, number>();
    for (let number = 0; number < 5000; number++) {
      const digest = sha256(`${(number * number) % 3001}`);
      expect(index.findOrKeep(number, digest)).toBe(first.get(digest));
      if (!first.has(digest)) first.set(digest, number);
    }
    expect(first.size).toBeGreaterThan(1024);
  });

  it('tells digests apart that begin alike', () => {
    const index = new DigestIndex();
    const alike = ['0', '1', '2'].map((digit) => `${'ab'.repeat(12)}0000000${digit}`.padEnd(64, '7'));
    expect(alike.map((digest, number) => index.findOrKeep(number, digest))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(alike.map((digest) => index.findOrKeep(9, digest))).toEqual([0, 1, 2]);
  });
});
