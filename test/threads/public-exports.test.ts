import { expect, it } from 'vitest';
import * as api from '../../src/main/api.js';
import * as millrace from '../../src/main/index.js';

it('exports exactly this', () => {
  expect(Object.keys(millrace).sort()).toMatchInlineSnapshot(`
    [
      "CircuitBreaker",
      "ComputePool",
      "ConcurrencyLimit",
      "Limiter",
      "Limiters",
      "MillraceError",
      "NpyFile",
      "RetryBudget",
      "SharedMatrix",
      "chunkTranscript",
      "circuitBreaker",
      "classify",
      "classifyError",
      "cleanCues",
      "computeCrossSimilarity",
      "computeNearestNeighbours",
      "computeSimilarityEdges",
      "computeSimilarityHistogram",
      "computeSimilarityMatrix",
      "concurrencyLimit",
      "countTokens",
      "countTokensOf",
      "embedLexically",
      "estimateTokens",
      "fallback",
      "findInputs",
      "ingestTranscripts",
      "isMillraceError",
      "jobStep",
      "joinSentences",
      "limiters",
      "loadTokenCounter",
      "mergeSimilarityShards",
      "parseTranscript",
      "parseWebVtt",
      "parseWebVttCueText",
      "readLimitHeaders",
      "retry",
      "runConcurrent",
      "settleConcurrent",
      "streamConcurrent",
      "timeout",
      "tokenBudget",
      "transcriptText",
      "withPolicies",
      "workerStep",
      "writeSimilarityMatrix",
      "writeSimilarityShard",
      "writeTranscript",
    ]
  `);
});

it('exports exactly this from millrace/api', () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "SimulatedApi",
      "chatStep",
      "createOpenAiClient",
      "embedStep",
      "isAdmitted",
      "parseFault",
      "simulatedStep",
      "startSimulatedServer",
    ]
  `);
});
