import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FileLock } from '../../../../src/main/files/file-lock.js';
import { temporaryFolder } from '../../../helpers/temporary-folder.js';

const newFile = () => join(temporaryFolder(), 'run.log');
/** What a process writes into its lock. */
function holderHere(file: string): { pid: number; place: string; token: string } {
  using _lock = FileLock.take(file);
  return JSON.parse(readFileSync(`${file}.lock`, 'utf8'));
}
const refusal = (file: string) =>
  expect.objectContaining({ code: 'MILLRACE_LOCKED', message: expect.stringContaining(`${file}.lock`) });

describe('the lock of a file', () => {
  it('is for one at a time, and gone when it is given back', () => {
    const file = newFile();
    const lock = FileLock.take(file);
    expect(() => FileLock.take(file)).toThrow(refusal(file));
    expect(() => FileLock.take(file)).toThrow(`${file}: process ${process.pid} on`);
    lock[Symbol.dispose]();
    expect(existsSync(`${file}.lock`)).toBe(false);
    FileLock.take(file)[Symbol.dispose]();
  });

  it('is taken over from a process that died, and from an earlier one of the same number', () => {
    const file = newFile();
    const holder = holderHere(file);
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    for (const dead of [
      { ...holder, pid },
      { ...holder, token: 'of a container that was started again' },
    ]) {
      writeFileSync(`${file}.lock`, JSON.stringify(dead));
      using _lock = FileLock.take(file);
      expect(() => FileLock.take(file)).toThrow(refusal(file));
    }
  });

  it('is not taken over from a process that lives', () => {
    const file = newFile();
    writeFileSync(`${file}.lock`, JSON.stringify({ ...holderHere(file), pid: process.ppid }));
    utimesSync(`${file}.lock`, 0, 0);
    expect(() => FileLock.take(file)).toThrow(refusal(file));
  });

  it.each([
    ['of another machine', JSON.stringify({ pid: 1, place: 'elsewhere', token: 'x' })],
    ['that is being written', ''],
  ])('%s is taken over after a minute without a sign of life', (_name, content) => {
    const file = newFile();
    writeFileSync(`${file}.lock`, content);
    expect(() => FileLock.take(file)).toThrow(refusal(file));
    const now = Date.now() / 1000;
    utimesSync(`${file}.lock`, now - 50, now - 50);
    expect(() => FileLock.take(file)).toThrow(refusal(file));
    utimesSync(`${file}.lock`, now - 61, now - 61);
    FileLock.take(file)[Symbol.dispose]();
  });

  it('that somebody else took meanwhile is left to them', () => {
    const file = newFile();
    const lock = FileLock.take(file);
    writeFileSync(`${file}.lock`, 'somebody else');
    lock[Symbol.dispose]();
    expect(readFileSync(`${file}.lock`, 'utf8')).toBe('somebody else');
  });

  it('that can’t be made is an error that names it', () => {
    const file = join(temporaryFolder(), 'no', 'run.log');
    expect(() => FileLock.take(file)).toThrow(
      expect.objectContaining({
        code: 'MILLRACE_OUTPUT_FAILED',
        message: expect.stringContaining(`${file}.lock`),
      }),
    );
  });
});
