import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { compareCodePoints } from '../../shared/code-point-order.js';
import { unreadableFile } from '../../shared/unreadable-file.js';
import type { FoundInputs, Listing } from './find-inputs.js';

/** Extensions of transcripts, and of archives of them. */
const TRANSCRIPT =
  /\.(?:srt|vtt|sbv|ass|ssa|smi|sami|sub|lrc|ttml|dfxp|xml|srv[123]|json|json3|txt|md|zip|tar|tgz|tar\.gz)$/i;
/** Text files that folders of transcripts tend to have beside them. */
const ABOUT_THE_FOLDER =
  /^(?:(?:readme|licen[cs]e|copying|notice|changelog|contributing)(?:[-_. ].*)?|source)\.(?:txt|md)$|^(?:package|package-lock|tsconfig)\.json$/i;

/**
 * The transcripts in a folder and below, by extension. Passed over are hidden files and folders (`.…`), text files
 * that are about the folder (README, LICENSE, LICENCE, COPYING, NOTICE and CHANGELOG, with or without more behind a
 * `-`, `_`, `.` or space, and SOURCE), and folders behind symbolic links, which could lead in a circle; files
 * behind them are followed.
 *
 * @param name - the folder's name in failures
 */
export async function listFolder(folder: string, name: string, listing: Listing): Promise<FoundInputs> {
  const found: FoundInputs = { files: [], failures: [] };
  await walk({ path: folder, real: await realpath(folder), prefix: '' }, listing, found);
  if (found.files.length === 0 && found.failures.length === 0) {
    const error = unreadableFile(name, new Error('no transcript in this folder, by the extensions of files'));
    found.failures.push({ source: name, error });
  }
  return found;
}

interface Folder {
  path: string;
  /** The path without symbolic links. */
  real: string;
  /** The path from the folder that was asked for, empty or with `/` at its end. */
  prefix: string;
}

async function walk(folder: Folder, listing: Listing, found: FoundInputs): Promise<void> {
  const entries = await readdir(folder.path, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => compareCodePoints(a.name, b.name))) {
    const path = join(folder.path, entry.name);
    const real = join(folder.real, entry.name);
    if (entry.name.startsWith('.') || listing.excluded.has(real)) continue;
    const source = folder.prefix + entry.name;
    try {
      if (entry.isDirectory()) await walk({ path, real, prefix: `${source}/` }, listing, found);
      else if (isTranscriptName(entry.name) && (await isFile(entry, path)))
        found.files.push({ path, source, ...(entry.isFile() && { real }) });
      else if (await isFile(entry, path).catch(() => false)) listing.onPassedOver(source);
    } catch (error) {
      found.failures.push({ source, error: unreadableFile(source, error) });
    }
  }
}

/** Whether a file is taken for a transcript, or an archive of them, by its name without folders. */
export function isTranscriptName(name: string): boolean {
  return TRANSCRIPT.test(name) && !ABOUT_THE_FOLDER.test(name);
}

async function isFile(entry: Dirent, path: string): Promise<boolean> {
  return entry.isFile() || (entry.isSymbolicLink() && (await stat(path)).isFile());
}
