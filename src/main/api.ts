/**
 * The door `millrace/api`: a client for servers that speak OpenAI's protocol, and a simulated one.
 *
 * @module
 */
export type { CallOptions } from './api/api-connection.js';
export type { OpenAiClientOptions } from './api/client-options.js';
export {
  type EmbeddedTexts,
  type EmbedTextsOptions,
  embedTexts,
} from './api/embed-texts.js';
export type { TextToEmbed } from './api/embedding-batches.js';
export {
  type Forecast,
  type ForecastOptions,
  forecastCalls,
  type TokenPrices,
} from './api/forecast-calls.js';
export { type ForecastEmbedTextsOptions, forecastEmbedTexts } from './api/forecast-embed-texts.js';
export { chatStep, createOpenAiClient, embedStep, type OpenAiClient } from './api/openai-client.js';
export type {
  ChatAnswer,
  ChatDelta,
  ChatMessage,
  ChatRequest,
  EmbeddingAnswer,
  EmbeddingRequest,
} from './api/openai-shapes.js';
export {
  type AdmittedCall,
  isAdmitted,
  type RefusedCall,
  SimulatedApi,
  type SimulatedRequest,
} from './api/simulated-api.js';
export type { SimulatedStats } from './api/simulated-counts.js';
export { type BrokenAnswer, type Fault, parseFault } from './api/simulated-faults.js';
export type { ApiErrorFacts } from './api/simulated-headers.js';
export type {
  LimitChange,
  LimitMode,
  SimulatedApiOptions,
  SimulatedLimits,
  SimulatedSettings,
} from './api/simulated-options.js';
export {
  type SimulatedServer,
  type SimulatedServerOptions,
  startSimulatedServer,
} from './api/simulated-server.js';
export { simulatedStep } from './api/simulated-step.js';
