import { sep } from 'node:path';
import type { InputPath } from './find-inputs.js';

/**
 * Gives files different sources: where several have the same, the name of the next folder above comes in front of
 * each, until none is the same. The order of the files makes no difference.
 *
 * @param files - with different paths, each of which ends with its source
 */
export function nameApart(files: readonly InputPath[]): InputPath[] {
  let named = [...files];
  for (;;) {
    const uses = new Map<string, number>();
    for (const { source } of named) uses.set(source, (uses.get(source) ?? 0) + 1);
    if (uses.size === named.length) return named;
    named = named.map((file) => (uses.get(file.source)! > 1 ? withFolderAbove(file) : file));
  }
}

function withFolderAbove({ path, source }: InputPath): InputPath {
  const segments = path.split(sep);
  const depth = source.split('/').length;
  return { path, source: segments.slice(-depth - 1).join('/') };
}
