import type { MessagePort } from 'node:worker_threads';
import type { Communities, CommunitiesJob } from './kernels/communities.js';
import type { EmbeddingJob } from './kernels/lexical-embedding.js';
import type { SimilarityJob, SimilarityPart } from './kernels/similarity/job.js';
import type { TokensJob } from './kernels/tokens-job.js';
import type { TranscriptFileResult, TranscriptFilesJob } from './transcript-file.js';
import type { TaskReply } from './worker-task.js';

/**
 * The jobs that workers know: name → what goes in and what comes out. Both must survive structured clone. The
 * name is also the worker's file: job `transcripts` is served by `workers/transcripts.js`.
 */
export interface JobMap {
  /** Files in, by their paths or bytes, the chunks of each out, or why there are none. */
  transcripts: { input: TranscriptFilesJob; output: TaskReply<TranscriptFileResult>[] };
  /** A run of texts in, the number of tokens of each out. */
  tokens: { input: TokensJob; output: Uint32Array<ArrayBuffer> };
  /** A graph's edges in, its communities out. */
  communities: { input: CommunitiesJob; output: Communities };
  /** A function of the user's, by file and export. */
  'user-function': { input: UserFunctionJob; output: unknown };
}

/** Jobs that are divided into tiles, which several threads work off together. `part` is the result of a tile. */
export interface DivisibleJobMap {
  similarity: { input: SimilarityJob; part: SimilarityPart };
  embedding: { input: EmbeddingJob; part: Uint32Array<ArrayBuffer> | null };
}

export interface UserFunctionJob {
  /** `file:` URL of a .js, .mjs or .cjs file. */
  url: string;
  exportName: string;
  input: unknown;
  /** Leads to a cache of the main thread. */
  cachePort?: MessagePort;
}

export type JobName = keyof JobMap;
export type JobInput<J extends JobName> = JobMap[J]['input'];
export type JobOutput<J extends JobName> = JobMap[J]['output'];

export type DivisibleJobName = keyof DivisibleJobMap;
export type DivisibleInput<J extends DivisibleJobName> = DivisibleJobMap[J]['input'];
export type DivisiblePart<J extends DivisibleJobName> = DivisibleJobMap[J]['part'];
