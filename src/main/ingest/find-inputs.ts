import { realpath, stat } from 'node:fs/promises';
import { basename, resolve, sep } from 'node:path';
import { isDynamicPattern } from 'tinyglobby';
import { compareCodePoints } from '../../shared/code-point-order.js';
import { hasCode, MillraceError } from '../../shared/errors.js';
import { unreadableFile } from '../../shared/unreadable-file.js';
import { listFolder } from './list-folder.js';
import { listGlob } from './list-glob.js';
import { nameApart } from './name-apart.js';

/** A file to be read. */
export interface InputPath {
  /** Absolute. */
  path: string;
  /** Its name in all outputs, with `/`. No two inputs have the same. */
  source: string;
}

/** An input that there is nothing to read of. */
export interface InputFailure {
  source: string;
  error: MillraceError;
}

/** A file as it was found. */
export interface FoundFile extends InputPath {
  /** The path without symbolic links, where that is known. */
  real?: string;
}

export interface FoundInputs {
  /** By source, in code point order. */
  files: FoundFile[];
  /** By source, in code point order. */
  failures: InputFailure[];
}

export interface FindInputsOptions {
  /** What relative paths and globs start from. Default: `process.cwd()`. */
  cwd?: string;
  /** Files that folders and globs never give, such as the outputs of the run; one that is named is refused. */
  exclude?: readonly string[];
  /** Told of each file of a folder or an archive that is not taken for a transcript; hidden ones excepted. */
  onPassedOver?: (source: string) => void;
}

/** What a folder or a glob is listed with. */
export interface Listing {
  /** The paths, without symbolic links, of files that are not listed. */
  excluded: ReadonlySet<string>;
  onPassedOver: (source: string) => void;
}

/**
 * Finds the transcripts that arguments name. Each is one of
 *
 * - a file, whatever its name. Its source is its base name.
 * - a folder: the files in it and below that have the extension of a transcript or of an archive, except what
 *   {@link listFolder} passes over. A source is the path from the folder.
 * - a glob, where no file has that name: `talks/2024-*.srt`. A source is the path from the last folder that is named
 *   in full, here `talks`.
 *
 * A file that is found twice counts once, by what found it first; symbolic links don't make it another file.
 * Sources that would be the same get the names of folders above in front, as many as they need to differ. What
 * isn't there, can't be read or has no transcript in it is a failure; the others go on.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT` for a file that is named and excluded
 *
 * @example
 * const { files, failures } = await findInputs(['talks/', 'extra/keynote.vtt', 'archive/2024-*.srt']);
 */
export async function findInputs(
  patterns: readonly string[],
  { cwd = process.cwd(), exclude = [], onPassedOver = () => {} }: FindInputsOptions = {},
): Promise<FoundInputs> {
  const listing = { excluded: await realPaths(exclude, cwd), onPassedOver };
  const found = new Map<string, InputPath>();
  const failures: InputFailure[] = [];
  for (const pattern of patterns) {
    const inputs = await inputsOf(pattern, cwd, listing);
    failures.push(...inputs.failures);
    for (const file of bySource(inputs.files)) {
      const real = file.real ?? (await realpath(file.path));
      if (!found.has(real) && !listing.excluded.has(real))
        found.set(real, { path: file.path, source: file.source });
    }
  }
  return { files: bySource(nameApart([...found.values()])), failures: bySource(failures) };
}

/** Of those that are there. */
async function realPaths(paths: readonly string[], cwd: string): Promise<Set<string>> {
  const found = await Promise.all(paths.map((path) => realpath(resolve(cwd, path)).catch(() => undefined)));
  return new Set(found.filter((path) => path !== undefined));
}

async function inputsOf(pattern: string, cwd: string, listing: Listing): Promise<FoundInputs> {
  const path = resolve(cwd, pattern);
  const source = pattern.split(sep).join('/');
  try {
    if (pattern === '') throw new Error('an empty path');
    const stats = await stat(path);
    if (stats.isDirectory()) return await listFolder(path, source, listing);
    if (stats.isFile() && listing.excluded.has(await realpath(path))) throw isOutput(source);
    if (stats.isFile()) return { files: [{ path, source: basename(path) }], failures: [] };
    throw new Error('neither a file nor a folder');
  } catch (error) {
    if (hasCode(error, 'MILLRACE_INVALID_ARGUMENT')) throw error;
    if (hasCode(error, 'ENOENT') && isDynamicPattern(pattern)) return listGlob(pattern, cwd, listing);
    return { files: [], failures: [{ source, error: unreadableFile(source, error) }] };
  }
}

function isOutput(source: string): MillraceError {
  const problem = 'an output of this run, expected another input or another output';
  return new MillraceError('MILLRACE_INVALID_ARGUMENT', `${source}: ${problem}`);
}

function bySource<T extends { source: string }>(items: T[]): T[] {
  return items.sort((a, b) => compareCodePoints(a.source, b.source));
}
