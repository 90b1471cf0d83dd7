import type { OpenAiClientOptions } from '../../src/main/api/client-options.js';
import { createOpenAiClient, type OpenAiClient } from '../../src/main/api/openai-client.js';
import {
  type SimulatedServer,
  type SimulatedServerOptions,
  startSimulatedServer,
} from '../../src/main/api/simulated-server.js';

/** The key of all tests: it must never be seen. */
export const KEY = 'sk-test-9f8e7d6c5b4a39281706';

/** A simulated server on a port of its own that answers at once, and a client for it. */
export async function simulated(
  serverOptions: SimulatedServerOptions = {},
  clientOptions: OpenAiClientOptions = {},
): Promise<{ server: SimulatedServer; client: OpenAiClient } & AsyncDisposable> {
  const server = await startSimulatedServer({
    latencyMs: { median: 0, sigma: 0 },
    outputTokens: { median: 12, sigma: 0 },
    ...serverOptions,
  });
  const client = createOpenAiClient({ baseUrl: server.url, apiKey: KEY, ...clientOptions });
  const close = async () => {
    // The server first: a call that it never answers would keep the client open.
    await server.close();
    await client.close();
  };
  return { server, client, [Symbol.asyncDispose]: close };
}
