export { connectCache } from '../shared/cache-client.js';
export type { Clock } from '../shared/clock.js';
export {
  type ErrorCategory,
  type ErrorScope,
  isMillraceError,
  MillraceError,
  type MillraceErrorCode,
  type MillraceErrorOptions,
  type RefusedOptions,
} from '../shared/errors.js';
export type { JobInput, JobMap, JobName, JobOutput } from '../shared/job-map.js';
export {
  type ChunkOptions,
  type ChunkStrategy,
  chunkTranscript,
  transcriptText,
} from '../shared/kernels/chunking.js';
export { estimateTokens } from '../shared/kernels/estimate-tokens.js';
export type { Metric } from '../shared/kernels/similarity/metric.js';
export { countTokens, loadTokenCounter, type TokenCounter } from '../shared/kernels/tokens.js';
export { type CleaningOptions, cleanCues } from '../shared/kernels/transcripts/clean-cues.js';
export { parseTranscript } from '../shared/kernels/transcripts/format.js';
export { joinSentences } from '../shared/kernels/transcripts/join-sentences.js';
export { parseWebVtt, type WebVttCue, type WebVttFile } from '../shared/kernels/transcripts/webvtt.js';
export {
  parseWebVttCueText,
  type WebVttElement,
  type WebVttNode,
} from '../shared/kernels/transcripts/webvtt-cue-text.js';
export type { WebVttCueSettings, WebVttRegion } from '../shared/kernels/transcripts/webvtt-settings.js';
export { type WritableFormat, writeTranscript } from '../shared/kernels/transcripts/write-transcript.js';
export { NpyFile } from '../shared/npy-file.js';
export type { ProgressReport, ProgressSink } from '../shared/progress.js';
export type { SharedCache } from '../shared/shared-cache.js';
export { type Embeddings, SharedMatrix } from '../shared/shared-matrix.js';
export { stableKey } from '../shared/stable-key.js';
export type {
  Chunk,
  Cue,
  TokenEncoding,
  Transcript,
  TranscriptFormat,
  TranscriptWarning,
  Word,
} from '../shared/transcript.js';
export { VirtualClock } from '../shared/virtual-clock.js';
export type { TaskContext } from '../shared/worker-task.js';
export type { CacheStore, StoredValue } from './cache/cache-store.js';
export { openLmdbStore } from './cache/lmdb-store.js';
export { type CacheStats, ThreadSafeCache, type ThreadSafeCacheOptions } from './cache/thread-safe-cache.js';
export { ComputePool, type ComputePoolOptions } from './compute/compute-pool.js';
export { type CountTokensOptions, countTokensOf } from './compute/count-tokens.js';
export type { PairsInput } from './compute/excluded-pairs.js';
export type { KernelChoice } from './compute/kernel-catalog.js';
export { embedLexically, type LexicalEmbeddingOptions } from './compute/lexical-embedder.js';
export {
  type MergedSimilarity,
  type MergeOptions,
  mergeSimilarityShards,
} from './compute/merge-shards.js';
export type { PoolStats } from './compute/pool-meter.js';
export type { EmbeddingsInput } from './compute/row-set.js';
export type { Shard } from './compute/shard-plan.js';
export {
  computeCrossSimilarity,
  computeNearestNeighbours,
  computeSimilarityEdges,
  computeSimilarityHistogram,
  computeSimilarityMatrix,
  type NearestNeighbours,
  type NearestNeighboursOptions,
  type SimilarityEdges,
  type SimilarityEdgesOptions,
  type SimilarityHistogram,
  type SimilarityHistogramOptions,
} from './compute/similarity.js';
export { writeSimilarityMatrix } from './compute/similarity-file.js';
export type { CheckpointOptions, SimilarityOptions } from './compute/similarity-options.js';
export { type ShardOptions, type WrittenShard, writeSimilarityShard } from './compute/similarity-shard.js';
export type { TaskOptions } from './compute/single-task.js';
export {
  type FindInputsOptions,
  type FoundInputs,
  findInputs,
  type InputFailure,
  type InputPath,
} from './ingest/find-inputs.js';
export {
  type IngestedFile,
  type IngestedTranscript,
  type IngestOptions,
  ingestTranscripts,
} from './ingest/ingest-transcripts.js';
export { AdaptiveRateLimiter, type AdaptiveRateLimiterOptions } from './limits/adaptive-rate-limiter.js';
export type { AdmissionOptions, Lease } from './limits/admission.js';
export {
  type BreakerState,
  CircuitBreaker,
  type CircuitBreakerOptions,
} from './limits/circuit-breaker.js';
export { ConcurrencyLimit } from './limits/concurrency-limit.js';
export type { CallEnding, TokenUse } from './limits/gate.js';
export { type LimitHeaders, readLimitHeaders } from './limits/limit-headers.js';
export { Limiter, type LimiterStats } from './limits/limiter.js';
export type { LimiterOptions, Rates } from './limits/limiter-options.js';
export { Limiters, limiters } from './limits/limiters.js';
export {
  ErrorAggregator,
  type ErrorAggregatorOptions,
  type ErrorKind,
  type ErrorSample,
} from './observe/error-aggregator.js';
export {
  type MetricsRegistry,
  metricsRegistry,
  type OperationMetricsPlace,
  operationMetrics,
} from './observe/metrics-registry.js';
export { OperationMetrics, type OperationMetricsOptions } from './observe/operation-metrics.js';
export type { RunSummary, WaitSummary } from './observe/run-summary.js';
export { type MetricsServer, type ServeMetricsOptions, serveMetrics } from './observe/serve-metrics.js';
export { type BatchStepsOptions, batchSteps } from './policies/batch-steps.js';
export { type CacheKeyOptions, cache } from './policies/cache.js';
export { cached } from './policies/cached.js';
export { circuitBreaker } from './policies/circuit-breaker.js';
export { classify } from './policies/classify.js';
export { classifyError } from './policies/classify-error.js';
export { concurrencyLimit } from './policies/concurrency-limit.js';
export { fallback } from './policies/fallback.js';
export type { GatePolicy } from './policies/gate-policy.js';
export { type MeasureOptions, measure } from './policies/measure.js';
export { type RetryOptions, retry } from './policies/retry.js';
export { RetryBudget, type RetryBudgetOptions } from './policies/retry-budget.js';
export { type TimeoutOptions, timeout } from './policies/timeout.js';
export { type TokenBudgetOptions, tokenBudget } from './policies/token-budget.js';
export { type JobStepOptions, jobStep, type WorkerStepOptions, workerStep } from './run/job-step.js';
export type { JournalOptions } from './run/journal.js';
export {
  runConcurrentWithCache,
  runConcurrentWithErrorHandling,
  runConcurrentWithMetrics,
  runConcurrentWithRetry,
  runConcurrentWithTpm,
} from './run/presets.js';
export { runConcurrent } from './run/run-concurrent.js';
export type { RunMeter } from './run/run-meter.js';
export type { RunOptions, StreamOptions } from './run/run-options.js';
export type { RunState, WaitCause } from './run/run-state.js';
export { settleConcurrent } from './run/settle-concurrent.js';
export { createShutdown, type Shutdown, type ShutdownOptions } from './run/shutdown.js';
export type { AttemptReport, Inputs, Outcome, Policy, Step, StepContext, TokenFlow } from './run/step.js';
export { streamConcurrent } from './run/stream-concurrent.js';
export { withPolicies } from './run/with-policies.js';
