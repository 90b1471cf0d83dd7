import { expect, it } from 'vitest';
import * as millrace from '../../src/main/index.js';

it('exports exactly this', () => {
  expect(Object.keys(millrace).sort()).toMatchInlineSnapshot(`
    [
      "ComputePool",
      "MillraceError",
      "NpyFile",
      "SharedMatrix",
      "chunkTranscript",
      "computeCrossSimilarity",
      "computeNearestNeighbours",
      "computeSimilarityEdges",
      "computeSimilarityHistogram",
      "computeSimilarityMatrix",
      "countTokens",
      "embedLexically",
      "findInputs",
      "ingestTranscripts",
      "isMillraceError",
      "jobStep",
      "loadTokenCounter",
      "mergeSimilarityShards",
      "parseTranscript",
      "runConcurrent",
      "settleConcurrent",
      "streamConcurrent",
      "workerStep",
      "writeSimilarityMatrix",
      "writeSimilarityShard",
    ]
  `);
});
