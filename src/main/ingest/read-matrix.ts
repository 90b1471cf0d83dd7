import { readFile } from 'node:fs/promises';
import { errorMessage, isMillraceError, MillraceError } from '../../shared/errors.js';
import { SharedMatrix } from '../../shared/shared-matrix.js';

/**
 * Reads embeddings from a `.npy` file; what may be in it: {@link SharedMatrix.fromNpy}.
 *
 * @throws MillraceError naming the file and what is wrong with it; `signal.reason` after an abort.
 */
export async function readMatrix(
  path: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<SharedMatrix> {
  try {
    return SharedMatrix.fromNpy(await readFile(path, { signal }));
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    const code = isMillraceError(cause) ? cause.code : 'MILLRACE_UNREADABLE_INPUT';
    throw new MillraceError(code, `${path}: ${errorMessage(cause)}`, { cause });
  }
}
