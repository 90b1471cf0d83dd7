import type { ServerResponse } from 'node:http';
import { type Clock, sleep } from '../../shared/clock.js';
import type { AdmittedCall } from './simulated-api.js';

/** How an answer comes: as a whole, or as events with pauses between them. */
export type AnswerContent =
  | { readonly kind: 'whole'; readonly body: string }
  | { readonly kind: 'events'; readonly events: readonly string[] };

const JSON_TYPE = { 'content-type': 'application/json' };
const EVENTS_TYPE = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };

/**
 * Gives the answer to a call that was admitted, in its time and with its fault, and settles the call. If the client
 * goes away before, the call is abandoned.
 */
export async function giveAnswer(
  response: ServerResponse,
  call: AdmittedCall,
  content: AnswerContent,
  clock: Clock,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    if (content.kind === 'whole') await giveWhole(response, call, content.body, clock, gone.signal);
    else await giveEvents(response, call, content.events, clock, gone.signal);
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  } finally {
    // Calls that were completed are so already.
    call.abandon();
  }
}

async function giveWhole(
  response: ServerResponse,
  call: AdmittedCall,
  body: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  await sleep(clock, call.latencyMs, signal);
  const text = call.broken === 'malformed' ? body.slice(0, body.length / 2) : body;
  const length = { 'content-length': Buffer.byteLength(text) };
  switch (call.broken) {
    case 'reset':
      return reset(response);
    case 'stall':
      return await aborted(signal);
    case 'truncated':
      call.complete();
      response.writeHead(200, { ...call.headers, ...JSON_TYPE, ...length });
      return await cutOff(response, text.slice(0, text.length / 2));
    default:
      call.complete();
      response.writeHead(200, { ...call.headers, ...JSON_TYPE, ...length }).end(text);
  }
}

async function giveEvents(
  response: ServerResponse,
  call: AdmittedCall,
  events: readonly string[],
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const pauseMs = call.latencyMs / events.length;
  const middle = Math.floor(events.length / 2);
  await sleep(clock, pauseMs, signal);
  if (call.broken === 'reset') return reset(response);
  response.writeHead(200, { ...call.headers, ...EVENTS_TYPE });
  for (const [place, event] of events.entries()) {
    if (place > 0) await sleep(clock, pauseMs, signal);
    if (place !== middle || call.broken === undefined) {
      response.write(`data: ${event}\n\n`);
      continue;
    }
    if (call.broken === 'stall') return await aborted(signal);
    call.complete();
    if (call.broken === 'truncated') return await cutOff(response, `data: ${event.slice(0, 10)}`);
    response.write(`data: ${event.slice(0, event.length / 2)}\n\n`);
  }
  call.complete();
  response.end('data: [DONE]\n\n');
}

function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

/** Ends the connection behind the beginning of a body. */
async function cutOff(response: ServerResponse, beginning: string): Promise<void> {
  await new Promise((resolve) => response.write(beginning, resolve));
  response.socket?.destroy();
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
