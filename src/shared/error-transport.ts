import { type ErrorCategory, isMillraceError, MillraceError, type MillraceErrorCode } from './errors.js';

/**
 * An error as plain data. Structured clone drops `code`, own fields and classes of ours, so errors cross the
 * thread boundary in this form: name, message, stack, code, category and cause survive, at any depth of causes.
 */
export type TransportedError =
  | {
      kind: 'error';
      name: string;
      message: string;
      stack?: string;
      code?: string | number;
      category?: ErrorCategory;
      cause?: TransportedError;
    }
  | { kind: 'value'; value: unknown };

/** Causes nested deeper than this are cut off: a guard against cycles. */
const MAX_CAUSES = 8;

const NATIVE_ERRORS = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError } as const;

/** Turns whatever was thrown into data that structured clone accepts. */
export function packError(thrown: unknown, depth = 0): TransportedError {
  if (!(thrown instanceof Error) && !isMillraceError(thrown)) {
    return { kind: 'value', value: isCloneable(thrown) ? thrown : String(thrown) };
  }
  const packed: TransportedError = {
    kind: 'error',
    name: String(thrown.name),
    message: String(thrown.message),
  };
  if (thrown.stack !== undefined) packed.stack = thrown.stack;
  const code = (thrown as { code?: unknown }).code;
  if (typeof code === 'string' || typeof code === 'number') packed.code = code;
  if (isMillraceError(thrown)) packed.category = thrown.category;
  if (thrown.cause !== undefined && depth < MAX_CAUSES) packed.cause = packError(thrown.cause, depth + 1);
  return packed;
}

/** The error that {@link packError} packed, on this side of the boundary. Native classes and ours are restored. */
export function unpackError(packed: TransportedError): unknown {
  if (packed.kind === 'value') return packed.value;
  const options = packed.cause === undefined ? {} : { cause: unpackError(packed.cause) };
  const error =
    packed.category === undefined
      ? foreignError(packed, options)
      : new MillraceError(packed.code as MillraceErrorCode, packed.message, {
          category: packed.category,
          ...options,
        });
  if (packed.stack !== undefined) redefine(error, 'stack', packed.stack);
  return error;
}

function foreignError(packed: TransportedError & { kind: 'error' }, options: ErrorOptions): Error {
  const Native = NATIVE_ERRORS[packed.name as keyof typeof NATIVE_ERRORS] ?? Error;
  const error = new Native(packed.message, options);
  if (error.name !== packed.name) redefine(error, 'name', packed.name);
  if (packed.code !== undefined) Object.assign(error, { code: packed.code });
  return error;
}

function redefine(error: Error, property: 'name' | 'stack', value: string): void {
  Object.defineProperty(error, property, { value, writable: true, configurable: true, enumerable: false });
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
