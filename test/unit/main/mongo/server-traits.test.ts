import { describe, expect, it } from 'vitest';
import { traitsOf } from '../../../../src/main/mongo/server-traits.js';

describe('traitsOf', () => {
  it('has one write at a time on FerretDB, and several on MongoDB', () => {
    expect(traitsOf({}, { ferretdbVersion: 'v1.24.2' })).toMatchObject({ isFerretDb: true, concurrency: 1 });
    expect(traitsOf({}, {})).toMatchObject({ isFerretDb: false, concurrency: 4 });
  });

  it('knows the bounds that a server names, else those of MongoDB', () => {
    const named = { maxBsonObjectSize: 100, maxMessageSizeBytes: 300, maxWriteBatchSize: 7 };
    expect(traitsOf(named, {})).toMatchObject({
      maxDocumentBytes: 100,
      maxMessageBytes: 300,
      maxStatements: 7,
    });
    expect(traitsOf({}, {})).toMatchObject({ maxDocumentBytes: 2 ** 24, maxMessageBytes: 48_000_000 });
  });
});
