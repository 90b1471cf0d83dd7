import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serverSentEvents } from '../../../../src/main/api/server-sent-events.js';

async function* inPieces(bytes: Uint8Array, sizes: readonly number[]) {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function read(text: string, sizes: readonly number[] = [1000]): Promise<string[]> {
  const found: string[] = [];
  for await (const data of serverSentEvents(inPieces(Buffer.from(text), sizes))) found.push(data);
  return found;
}

describe('serverSentEvents', () => {
  it.each([
    ['data: a\n\ndata: b\n\n', ['a', 'b']],
    ['data:a\r\n\r\ndata: b\r\r', ['a']],
    [': comment\nevent: x\nid: 3\ndata: a\n\n', ['a']],
    ['data: a\ndata: b\n\n', ['a\nb']],
    ['data: a\n\ndata: cut', ['a']],
    ['\n\n\n', []],
    ['', []],
  ])('reads %j', async (text, events) => {
    expect((await read(text)).slice(0, events.length)).toEqual(events);
  });

  it('reads the same however the bytes are cut', async () => {
    const events = fc.array(fc.string({ unit: fc.constantFrom('a', 'ä', '😀', ' ', ':', '{') }), {
      maxLength: 8,
    });
    const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(events, sizes, fc.constantFrom('\n', '\r\n', '\r'), async (list, cuts, end) => {
        const text = list.map((data) => `data: ${data}${end}${end}`).join('');
        // A \r at the very end may be half of a line end, so that it ends nothing yet.
        expect(await read(`${text}: end\n`, cuts)).toEqual(list);
      }),
    );
  });
});
