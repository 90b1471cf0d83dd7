import { z } from 'zod';
import type { MillraceError } from '../../shared/errors.js';
import { checkOptions, count, invalidOptions } from '../../shared/options.js';
import type { ConnectionSettings } from './api-connection.js';
import { redactor } from './response-error.js';

export interface OpenAiClientOptions {
  /** With the version, such as `http://127.0.0.1:8080/v1`. Default: `OPENAI_BASE_URL`, else OpenAI's own. */
  baseUrl?: string | undefined;
  /** Default: `OPENAI_API_KEY` of the environment, else none is sent. It is in no error and no log. */
  apiKey?: string | undefined;
  /** More headers of each request. Their values are kept out of errors, too. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** How many connections there may be, and so calls at once; others wait in line. Default: 256. */
  connections?: number | undefined;
  /** The longest silence of the server before and within an answer, in milliseconds, by the second. Default: 300,000. */
  idleTimeoutMs?: number | undefined;
  /**
   * The header in which the key of an item is sent, for calls within a step: `x-request-key` lets a simulated server
   * count its calls. Default: none.
   */
  keyHeader?: string | undefined;
}

const OPENAI = 'https://api.openai.com/v1';
const headerName = z
  .string('expected the name of a header')
  .regex(/^[\w!#$%&'*+.^`|~-]+$/, 'expected the name of a header');

const schema = z.strictObject({
  connections: count(1, 100_000).optional(),
  idleTimeoutMs: count(1, 2 ** 31 - 1).optional(),
  keyHeader: headerName.optional(),
});

/** @throws MillraceError `MILLRACE_INVALID_ARGUMENT`, which names no key, header or URL that may hold a secret */
export function connectionSettings(options: OpenAiClientOptions): ConnectionSettings {
  const { baseUrl, apiKey, headers: more, ...rest } = options;
  const {
    connections = 256,
    idleTimeoutMs = 300_000,
    keyHeader,
  } = checkOptions('createOpenAiClient', schema, rest);
  const key = apiKey ?? process.env.OPENAI_API_KEY;
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (key !== undefined) headers.authorization = `Bearer ${sendable('apiKey', key)}`;
  for (const [name, value] of Object.entries(more ?? {})) {
    if (!headerName.safeParse(name).success) throw invalid('headers', 'names of headers');
    headers[name.toLowerCase()] = sendable('headers', value);
  }
  const url = checkedUrl(baseUrl ?? process.env.OPENAI_BASE_URL ?? OPENAI);
  if (url.href.startsWith(OPENAI) && headers.authorization === undefined) {
    throw invalid('apiKey', 'a key, which this server wants');
  }
  return {
    baseUrl: url,
    headers,
    connections,
    idleTimeoutMs,
    keyHeader: keyHeader?.toLowerCase(),
    redact: redactor([...(key === undefined ? [] : [key]), ...Object.values(more ?? {})]),
  };
}

/** A value that may stand in a header: RFC 9110, 5.5, without what is not ASCII. */
function sendable(option: string, value: unknown): string {
  if (typeof value === 'string' && /^[\x20-\x7e]+$/.test(value)) return value;
  throw invalid(option, 'printable ASCII characters, without line ends');
}

function checkedUrl(text: unknown): URL {
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw invalid('baseUrl', 'an http or https URL');
  if (url.username !== '' || url.password !== '')
    throw invalid('baseUrl', 'a URL without a name and a password: the key is an option of its own');
  if (url.search !== '' || url.hash !== '') throw invalid('baseUrl', 'a URL without a query');
  return url;
}

function invalid(option: string, expected: string): MillraceError {
  const problem = `expected ${expected} (the value is not shown)`;
  return invalidOptions('createOpenAiClient', [{ name: option, problem }]);
}
