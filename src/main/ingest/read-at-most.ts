import { MillraceError } from '../../shared/errors.js';

/** All of a stream, in memory of its own. @throws MillraceError `MILLRACE_UNREADABLE_INPUT` if it has more bytes. */
export async function readAtMost(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
  source: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of stream) {
    size += piece.length;
    if (size > maxBytes) {
      const problem = `larger than ${maxBytes / 2 ** 20} MiB, expected a transcript`;
      throw new MillraceError('MILLRACE_UNREADABLE_INPUT', `${source}: ${problem}`);
    }
    pieces.push(piece);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
