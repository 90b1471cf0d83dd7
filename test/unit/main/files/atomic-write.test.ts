import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replaceable, writeFileAtomically } from '../../../../src/main/files/atomic-write.js';
import { temporaryFolder } from '../../../helpers/temporary-folder.js';

describe('writeFileAtomically', () => {
  it('writes what the pieces say, in order, text as UTF-8, and leaves no other file', async () => {
    const piece = fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array());
    await fc.assert(
      fc.asyncProperty(fc.array(piece), fc.boolean(), async (pieces, isAsync) => {
        const folder = temporaryFolder();
        const path = join(folder, 'out.csv');
        await writeFileAtomically(
          path,
          isAsync
            ? (async function* () {
                yield* pieces;
              })()
            : pieces,
        );
        expect(readFileSync(path)).toEqual(Buffer.concat(pieces.map((each) => Buffer.from(each as string))));
        expect(readdirSync(folder)).toEqual(['out.csv']);
      }),
      { numRuns: 30 },
    );
  });

  it('writes more than it holds at once', async () => {
    const path = join(temporaryFolder(), 'large.txt');
    function* lines() {
      for (let i = 0; i < 100_000; i++) yield `${i} is a line\n`;
    }
    await writeFileAtomically(path, lines());
    expect(readFileSync(path, 'utf8')).toBe([...lines()].join(''));
  });

  it('replaces a file only when the new content is complete', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'out.txt');
    writeFileSync(path, 'before');
    await writeFileAtomically(
      path,
      (async function* () {
        yield 'x'.repeat(1_000_000);
        expect(readFileSync(path, 'utf8')).toBe('before');
        expect(readdirSync(folder)).toHaveLength(2);
        yield 'after';
      })(),
    );
    expect(readFileSync(path, 'utf8').slice(-5)).toBe('after');
    expect(readdirSync(folder)).toEqual(['out.txt']);
  });

  it('passes on what its content throws, and leaves all as it was', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'out.txt');
    writeFileSync(path, 'before');
    const fault = new Error('no more');
    const content = function* () {
      yield 'x'.repeat(1_000_000);
      throw fault;
    };
    await expect(writeFileAtomically(path, content())).rejects.toBe(fault);
    expect(readdirSync(folder)).toEqual(['out.txt']);
    expect(readFileSync(path, 'utf8')).toBe('before');
  });

  it('rejects with the reason of an abort, ends its content, and leaves nothing', async () => {
    const folder = temporaryFolder();
    const controller = new AbortController();
    const reason = new Error('enough');
    let ended = false;
    const content = function* () {
      try {
        yield 'x'.repeat(1_000_000);
        controller.abort(reason);
        yield 'y';
      } finally {
        ended = true;
      }
    };
    const written = writeFileAtomically(join(folder, 'out.txt'), content(), { signal: controller.signal });
    await expect(written).rejects.toBe(reason);
    expect(ended).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
    await expect(writeFileAtomically(join(folder, 'b'), [], { signal: controller.signal })).rejects.toBe(
      reason,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('aborts before the rename, too', async () => {
    const folder = temporaryFolder();
    const controller = new AbortController();
    const reason = new Error('enough');
    const content = function* () {
      yield 'all of it';
      controller.abort(reason);
    };
    const written = writeFileAtomically(join(folder, 'out.txt'), content(), { signal: controller.signal });
    await expect(written).rejects.toBe(reason);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('names the output if the file system refuses', async () => {
    const folder = temporaryFolder();
    const missing = join(folder, 'missing', 'out.txt');
    await expect(writeFileAtomically(missing, ['x'])).rejects.toMatchObject({
      code: 'MILLRACE_OUTPUT_FAILED',
      message: expect.stringContaining(missing),
      cause: { code: 'ENOENT' },
    });
    mkdirSync(join(folder, 'taken', 'inside'), { recursive: true });
    await expect(writeFileAtomically(join(folder, 'taken'), ['x'])).rejects.toMatchObject({
      code: 'MILLRACE_OUTPUT_FAILED',
    });
    expect(readdirSync(folder)).toEqual(['taken']);
  });

  // Root may write everywhere.
  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'refuses a folder that takes no files before it asks for content',
    async () => {
      const folder = join(temporaryFolder(), 'closed');
      mkdirSync(folder, { mode: 0o555 });
      await expect(replaceable(join(folder, 'out.txt'))).rejects.toMatchObject({
        code: 'MILLRACE_OUTPUT_FAILED',
        cause: { code: 'EACCES' },
      });
    },
  );

  it('lets several writers of one file finish, each with complete content', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'out.txt');
    await Promise.all(['a', 'b', 'c'].map((letter) => writeFileAtomically(path, Array(1000).fill(letter))));
    expect(readFileSync(path, 'utf8')).toMatch(/^(a{1000}|b{1000}|c{1000})$/);
    expect(readdirSync(folder)).toEqual(['out.txt']);
  });

  it('follows a link, and replaces no folder and no device', async () => {
    const folder = temporaryFolder();
    const [file, link] = [join(folder, 'file'), join(folder, 'link')];
    writeFileSync(file, 'before');
    symlinkSync(file, link);
    await writeFileAtomically(link, ['after']);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe('after');
    for (const [path, what] of [
      [folder, 'a folder'],
      ['/dev/null', 'a device'],
    ] as const) {
      if (process.platform === 'win32' && path === '/dev/null') continue;
      const written = writeFileAtomically(path, ['x']);
      await expect(written).rejects.toMatchObject({
        code: 'MILLRACE_OUTPUT_FAILED',
        message: expect.stringContaining(what),
      });
    }
  });
});
