import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { errorMessage } from '../../shared/errors.js';
import { checkOptions, count } from '../../shared/options.js';
import { type MetricsRegistry, metricsRegistry } from './metrics-registry.js';

export interface ServeMetricsOptions {
  /** Default: 0, any that is free. */
  port?: number | undefined;
  /** Default: `127.0.0.1`, so that only this machine can read them. */
  host?: string | undefined;
  /** Default: that of everything that names no other. */
  registry?: MetricsRegistry | undefined;
}

const schema = z.strictObject({
  port: count(0, 65_535).optional(),
  host: z.string('expected a string').optional(),
  registry: z.custom<MetricsRegistry>().optional(),
});

/** A server of metrics. It keeps the process alive until it is closed. */
export interface MetricsServer {
  readonly port: number;
  /** Where Prometheus finds them. */
  readonly url: string;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Serves metrics to Prometheus at `/metrics`.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`; Node's error if the port is taken.
 *
 * @example
 * const server = await serveMetrics({ port: 9464 });
 * await runConcurrent(chunks, extract, { metrics: operationMetrics('extraction') });
 * await server.close();
 */
export async function serveMetrics(options: ServeMetricsOptions = {}): Promise<MetricsServer> {
  const given = checkOptions('serveMetrics', schema, options);
  const { port: wanted = 0, host = '127.0.0.1', registry = metricsRegistry } = given;
  const { createServer } = await import('node:http');
  const server = createServer((request, response) => void answer(request, response, registry));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(wanted, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const authority = host.includes(':') ? `[${host}]` : host;
  return { port, url: `http://${authority}:${port}/metrics`, close, [Symbol.asyncDispose]: close };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  registry: MetricsRegistry,
): Promise<void> {
  const [path] = (request.url ?? '').split('?');
  const type = 'text/plain; charset=utf-8';
  if (path !== '/metrics') {
    response.writeHead(404, { 'content-type': type }).end('metrics are at /metrics\n');
  } else if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { 'content-type': type, allow: 'GET, HEAD' }).end('read metrics by GET\n');
  } else {
    try {
      const text = await registry.metrics();
      response.writeHead(200, { 'content-type': registry.contentType });
      response.end(request.method === 'HEAD' ? undefined : text);
    } catch (error) {
      response.writeHead(500, { 'content-type': type }).end(`${errorMessage(error)}\n`);
    }
  }
}
