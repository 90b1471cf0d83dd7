import { errorMessage, MillraceError } from './errors.js';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'no permission to read it',
  EISDIR: 'a folder, expected a file',
  ELOOP: 'too many symbolic links',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a part of the path is no folder',
  EPERM: 'no permission to read it',
  ERR_FS_FILE_TOO_LARGE: 'the file is too large',
};

/** The failure of an input that the file system did not give us, with the reason in words and its code. */
export function unreadableFile(source: string, cause: unknown): MillraceError {
  const code = (cause as NodeJS.ErrnoException).code;
  const words = code === undefined ? undefined : REASONS[code];
  const reason = words === undefined ? errorMessage(cause) : `${words} (${code})`;
  return new MillraceError('MILLRACE_UNREADABLE_INPUT', `${source}: ${reason}`, { cause });
}
