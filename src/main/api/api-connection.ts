import { type Dispatcher, Pool } from 'undici';
import { MillraceError } from '../../shared/errors.js';
import { Admission, type Lease } from '../limits/admission.js';
import { ConcurrencyLimit } from '../limits/concurrency-limit.js';
import type { StepContext } from '../run/step.js';
import { connectionError, failedAnswer, type Redact, responseError, safeCopy } from './response-error.js';

/** Of one call. */
export interface CallOptions {
  /** Cuts the call off; it then rejects with the signal's reason. Default: the context's. */
  signal?: AbortSignal | undefined;
  /**
   * The step's context, if the call is made in a step. It is told what happened (sent, usage, headers), and the slot
   * is given away while all connections are in use.
   */
  context?: StepContext | undefined;
}

/** What a connection needs to know. */
export interface ConnectionSettings {
  /** Ends without a slash. */
  readonly baseUrl: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly idleTimeoutMs: number;
  /** The header that names the item, if any. */
  readonly keyHeader: string | undefined;
  readonly redact: Redact;
}

type Pairs = [string, string][];

/** A response with a status of success whose body has not been read. It holds its connection until it is ended. */
export interface Answer {
  readonly call: string;
  readonly headers: Pairs;
  readonly body: AsyncIterable<Uint8Array>;
  text(): Promise<string>;
  /** Gives the connection back; a body that was not read to its end is cut off. */
  end(): void;
  /** What reading the body threw, as it is to be thrown. */
  failure(thrown: unknown): unknown;
}

/** What a base URL usually ends with. */
const VERSION = /\/v\d+\/?$/;
const NO_VERSION = 'the base URL usually ends with /v1';

const NOTHING = { inputTokens: 0, outputTokens: 0 };

/** Connections to one server. Whoever finds all of them in use waits in line. */
export class ApiConnection {
  private state: 'open' | 'closed' = 'open';
  private readonly pool: Pool;
  private readonly slots: Admission;
  /** Calls that have not ended: in line for a connection, or on one. */
  private underWay = 0;
  private onIdle = () => {};
  private closing: Promise<void> | undefined;

  constructor(private readonly settings: ConnectionSettings) {
    const { baseUrl, connections, idleTimeoutMs } = settings;
    this.pool = new Pool(baseUrl.origin, {
      connections,
      headersTimeout: idleTimeoutMs,
      bodyTimeout: idleTimeoutMs,
    });
    const limit = new ConcurrencyLimit(connections);
    this.slots = new Admission([limit], limit.line.clock);
  }

  /**
   * Posts JSON. A response with a status of failure is thrown.
   *
   * @throws MillraceError `MILLRACE_CALL_FAILED`, `MILLRACE_CLIENT_CLOSED`; the signal's reason
   */
  async post(route: string, content: unknown, options: CallOptions): Promise<Answer> {
    const { context } = options;
    const signal = options.signal ?? context?.signal;
    const path = `${this.settings.baseUrl.pathname.replace(/\/$/, '')}${route}`;
    const call = `POST ${path}`;
    const body = JSON.stringify(content);
    const end = await this.begin(signal, context);
    let response: Dispatcher.ResponseData | undefined;
    try {
      response = await this.pool.request({
        method: 'POST',
        path,
        headers: this.headersFor(context),
        body,
        ...(signal && { signal }),
      });
      const answer = this.answer(call, response, end, signal);
      if (response.statusCode >= 200 && response.statusCode < 300) return answer;
      throw await this.refusal(answer, response.statusCode, context);
    } catch (thrown) {
      end();
      if (signal?.aborted) throw signal.reason;
      if (thrown instanceof MillraceError || response !== undefined) throw thrown;
      throw connectionError(call, thrown, this.settings.redact);
    }
  }

  /** Takes no more calls, and ends when those under way have ended. */
  async close(): Promise<void> {
    this.state = 'closed';
    this.closing ??= this.drain();
    return this.closing;
  }

  private async drain(): Promise<void> {
    if (this.underWay > 0) {
      await new Promise<void>((resolve) => {
        this.onIdle = resolve;
      });
    }
    await this.pool.close();
  }

  /** Waits for a connection. @returns what gives it back, once */
  private async begin(
    signal: AbortSignal | undefined,
    context: StepContext | undefined,
  ): Promise<() => void> {
    let lease: Lease | undefined;
    let isOver = false;
    const end = () => {
      if (isOver) return;
      isOver = true;
      // Connections are only counted: what the call took is nothing to them.
      lease?.end({ sent: 'unknown', durationMs: 0 });
      if (--this.underWay === 0) this.onIdle();
    };
    this.underWay++;
    try {
      this.checkOpen();
      signal?.throwIfAborted();
      const wait = () => this.slots.acquire(NOTHING, { signal, priority: context?.priority });
      lease =
        this.slots.tryAcquire(NOTHING) ?? (await (context?.waitOutsideSlot('connection', wait) ?? wait()));
      signal?.throwIfAborted();
      return end;
    } catch (error) {
      end();
      context?.report({ sent: false });
      throw error;
    }
  }

  private checkOpen(): void {
    if (this.state === 'open') return;
    const message = 'the client was closed: expected calls before close()';
    throw new MillraceError('MILLRACE_CLIENT_CLOSED', message, { sent: false });
  }

  private headersFor(context: StepContext | undefined): Readonly<Record<string, string>> {
    const { headers, keyHeader } = this.settings;
    if (keyHeader === undefined || context === undefined) return headers;
    return { ...headers, [keyHeader]: encodeURIComponent(context.key) };
  }

  private answer(
    call: string,
    { headers, body }: Dispatcher.ResponseData,
    end: () => void,
    signal: AbortSignal | undefined,
  ): Answer {
    // A body that is cut off tells it by an event, too, whether somebody reads or not.
    body.on('error', () => {});
    return {
      call,
      headers: pairsOf(headers),
      body,
      text: () => body.text(),
      end: () => {
        if (!body.readableEnded) body.destroy();
        end();
      },
      failure: (thrown) => {
        if (signal?.aborted) return signal.reason;
        if (thrown instanceof MillraceError) return thrown;
        const cause = safeCopy(thrown, this.settings.redact);
        return failedAnswer(`${call}: the answer was cut off: ${cause.message}`, cause);
      },
    };
  }

  /** The error that a response stands for. */
  private async refusal(answer: Answer, status: number, context: StepContext | undefined): Promise<unknown> {
    const { call, headers } = answer;
    context?.report({ sent: true, headers });
    const { baseUrl, redact } = this.settings;
    const hint = status === 404 && !VERSION.test(baseUrl.pathname) ? NO_VERSION : undefined;
    try {
      const error = errorIn(await answer.text());
      return responseError(call, { status, headers, hint, error }, redact);
    } catch (thrown) {
      // The status says enough.
      const failure = answer.failure(thrown);
      return failure instanceof MillraceError
        ? responseError(call, { status, headers, hint }, redact)
        : failure;
    }
  }
}

/** The `error` of a body, whatever else it is: an object, or a message alone. */
function errorIn(text: string): { message?: unknown; type?: unknown; code?: unknown } | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === 'string' ? { message: error } : ((error ?? undefined) as object | undefined);
  } catch {
    return undefined;
  }
}

function pairsOf(headers: Record<string, string | string[] | undefined>): Pairs {
  return Object.entries(headers).map(([name, value]) => [name, String(value)]);
}
