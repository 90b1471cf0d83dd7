import type { AbstractCursor } from 'mongodb';
import { untilAborted } from './until-aborted.js';

/**
 * The documents of a cursor. It ends at an abort though the server doesn't answer, and though the driver would first tell it
 * that the cursor is no longer wanted.
 *
 * @param fetch - makes the calls of the server
 */
export async function* cursorDocuments<T>(
  cursor: AbstractCursor<T>,
  signal: AbortSignal | undefined,
  fetch: <R>(call: () => Promise<R>) => Promise<R> = (call) => untilAborted(call(), signal),
): AsyncGenerator<T, void, void> {
  try {
    while (await fetch(() => cursor.hasNext())) {
      for (const document of cursor.readBufferedDocuments()) {
        signal?.throwIfAborted();
        yield document;
      }
    }
  } finally {
    await fetch(() => cursor.close()).catch(() => {});
  }
}
