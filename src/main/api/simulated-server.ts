import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { sleep } from '../../shared/clock.js';
import { errorMessage } from '../../shared/errors.js';
import { checkOptions, count } from '../../shared/options.js';
import { seedOf } from '../../shared/random.js';
import { giveAnswer } from './simulated-answer.js';
import { isAdmitted, SimulatedApi, type SimulatedRequest } from './simulated-api.js';
import { chatBody, chatEvents, embeddingBody } from './simulated-bodies.js';
import type { ApiErrorFacts } from './simulated-headers.js';
import type { SimulatedApiOptions } from './simulated-options.js';
import {
  BadRequest,
  chatTokens,
  embeddingInputs,
  type PromptCounters,
  promptCounters,
  readChatRequest,
  readEmbeddingRequest,
} from './simulated-requests.js';

export interface SimulatedServerOptions extends Omit<SimulatedApiOptions, 'clock'> {
  /** Default: 0, any that is free. */
  port?: number | undefined;
  /** Default: `127.0.0.1`, which only this machine reaches. */
  host?: string | undefined;
  /** How prompts are counted: `exact` takes some 100 ms a megabyte, `estimate` 2 ms. Default: `exact`. */
  counting?: 'exact' | 'estimate' | undefined;
}

/** A simulated server that is running. */
export interface SimulatedServer extends AsyncDisposable {
  /** What a client takes as its base: `http://127.0.0.1:PORT/v1`. */
  readonly url: string;
  readonly port: number;
  /** Its core, with its counts. */
  readonly api: SimulatedApi;
  /** Ends all connections at once; then its counts are final. */
  close(): Promise<void>;
}

const schema = z.looseObject({
  port: count(0, 65_535).optional(),
  host: z.string('expected an address').optional(),
  counting: z.enum(['exact', 'estimate'], "expected 'exact' or 'estimate'").optional(),
});

/** Bodies above are refused. */
const LARGEST_BODY = 64 * 2 ** 20;
const MODELS = ['gpt-4o-mini', 'gpt-4o', 'text-embedding-3-small', 'text-embedding-3-large'];

/**
 * Starts a server that answers as OpenAI's does, behind limits and with faults: see {@link SimulatedApi}. It knows
 * `POST /v1/embeddings`, `POST /v1/chat/completions` (streamed, too), `GET /v1/models`, and `GET /simulation` for its
 * own counts. An item is known by the header `x-request-key`, else by the body of its request. Any key is accepted.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`; the system's error if the port is taken
 *
 * @example
 * await using server = await startSimulatedServer({ limits: { tokensPerMinute: 90_000 }, faults: ['500:1%'] });
 * await using client = createOpenAiClient({ baseUrl: server.url });
 * server.api.stats().utilisation;
 */
export async function startSimulatedServer(options: SimulatedServerOptions = {}): Promise<SimulatedServer> {
  checkOptions('startSimulatedServer', schema, options);
  const { port = 0, host = '127.0.0.1', counting = 'exact', ...rest } = options;
  const api = new SimulatedApi(rest);
  const routes = new SimulatedRoutes(api, await promptCounters(counting));
  const underWay = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    const answer = routes.answer(request, response).finally(() => underWay.delete(answer));
    underWay.add(answer);
  });
  // Clients close idle connections first, so that none is closed under a request.
  server.keepAliveTimeout = 65_000;
  await listen(server, port, host);
  const taken = (server.address() as AddressInfo).port;
  const close = async () => {
    const ended = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await ended;
    await Promise.all(underWay);
  };
  const name = host.includes(':') ? `[${host}]` : host;
  return { url: `http://${name}:${taken}/v1`, port: taken, api, close, [Symbol.asyncDispose]: close };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

class SimulatedRoutes {
  constructor(
    private readonly api: SimulatedApi,
    private readonly counters: PromptCounters,
  ) {}

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      switch (`${request.method} ${pathname}`) {
        case 'POST /v1/embeddings':
          return await this.embed(request, response);
        case 'POST /v1/chat/completions':
          return await this.chat(request, response);
        case 'GET /v1/models':
          this.api.begin();
          return sendJson(response, 200, {
            object: 'list',
            data: MODELS.map((id) => ({ id, object: 'model' })),
          });
        case 'GET /simulation':
          return sendJson(response, 200, this.api.stats());
        default:
          throw new BadRequest(`Unknown request URL: ${request.method} ${pathname}.`, null, 404);
      }
    } catch (error) {
      if (response.headersSent || response.destroyed) return;
      const { status, param } = error instanceof BadRequest ? error : { status: 500, param: null };
      const type = status < 500 ? 'invalid_request_error' : 'server_error';
      sendError(response, status, { message: errorMessage(error), type, param, code: null });
    }
  }

  private async embed(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readBody(request);
    const asked = readEmbeddingRequest(text);
    const { texts, tokens } = embeddingInputs(asked, this.counters.embedding);
    const key = keyOf(request, text);
    const call = await this.admit(response, { promptTokens: tokens, maxTokens: 0, key });
    if (call === undefined) return;
    const { clock } = this.api.settings;
    await giveAnswer(response, call, { kind: 'whole', body: embeddingBody(asked, texts, tokens) }, clock);
  }

  private async chat(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readBody(request);
    const asked = readChatRequest(text);
    const promptTokens = chatTokens(asked, this.counters.chat);
    const maxTokens = asked.max_completion_tokens ?? asked.max_tokens ?? undefined;
    const key = keyOf(request, text);
    const call = await this.admit(response, { promptTokens, maxTokens, key });
    if (call === undefined) return;
    const { clock, seed } = this.api.settings;
    const identity = {
      id: `chatcmpl-${createHash('sha256').update(key).digest('hex').slice(0, 24)}`,
      created: Math.floor(Date.now() / 1000),
      seed: seedOf(seed, key),
    };
    const content = asked.stream
      ? ({ kind: 'events', events: chatEvents(asked, call, promptTokens, identity) } as const)
      : ({ kind: 'whole', body: chatBody(asked, call, promptTokens, identity) } as const);
    await giveAnswer(response, call, content, clock);
  }

  /** The call, if it was admitted; else the refusal is sent. */
  private async admit(response: ServerResponse, request: SimulatedRequest) {
    const decision = this.api.admit(request);
    if (isAdmitted(decision)) return decision;
    const { status, headers, error, latencyMs } = decision;
    await sleep(this.api.settings.clock, latencyMs);
    sendError(response, status, error, headers);
    return undefined;
  }
}

/** @throws BadRequest */
async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > LARGEST_BODY) throw new BadRequest(`The body is over ${LARGEST_BODY} bytes.`, null, 413);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function keyOf({ headers }: IncomingMessage, body: string): string {
  const key = headers['x-request-key'];
  return typeof key === 'string' ? key : createHash('sha256').update(body).digest('base64url');
}

function sendJson(response: ServerResponse, status: number, value: unknown, headers = {}): void {
  response.writeHead(status, { ...headers, 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function sendError(response: ServerResponse, status: number, error: ApiErrorFacts, headers = {}): void {
  sendJson(response, status, { error }, headers);
}
