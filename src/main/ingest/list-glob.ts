import { realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { unreadableFile } from '../../shared/unreadable-file.js';
import type { FoundInputs, Listing } from './find-inputs.js';

/**
 * The files that a glob matches, whatever their names but hidden ones. In globs `/` separates folders on every
 * system. As in folders, files behind symbolic links are followed, folders behind them are not entered.
 */
export async function listGlob(
  pattern: string,
  cwd: string,
  { excluded }: Pick<Listing, 'excluded'>,
): Promise<FoundInputs> {
  const { base, rest } = splitGlob(pattern);
  const folder = resolve(cwd, base);
  const found: FoundInputs = { files: [], failures: [] };
  for (const source of await glob(rest, { cwd: folder, expandDirectories: false })) {
    const path = join(folder, source);
    try {
      if (!(await isBelow(folder, source)) || !(await stat(path)).isFile()) continue;
      if (!excluded.has(await realpath(path))) found.files.push({ path, source });
    } catch (error) {
      found.failures.push({ source, error: unreadableFile(source, error) });
    }
  }
  if (found.files.length === 0 && found.failures.length === 0) {
    found.failures.push({ source: pattern, error: unreadableFile(pattern, new Error('no file matches')) });
  }
  return found;
}

/** Whether the way from a folder to a file leads through no symbolic link. */
async function isBelow(folder: string, source: string): Promise<boolean> {
  const way = dirname(source);
  return (await realpath(join(folder, way))) === join(await realpath(folder), way);
}

/** A glob as the folders that it names in full, and what is to be matched below them. */
function splitGlob(pattern: string): { base: string; rest: string } {
  const segments = pattern.split('/');
  const first = segments.findIndex((segment) => isDynamicPattern(segment));
  const base = segments.slice(0, first).join('/');
  return { base: base === '' && pattern.startsWith('/') ? '/' : base, rest: segments.slice(first).join('/') };
}
