import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Missing } from '../compare.js';
import { peersFolder } from '../peers-folder.js';

/** A package from the folder of the peers; its types aren't there, so the caller says what it uses of it. */
export function loadPackage<T>(name: string): T {
  return createRequire(join(peersFolder, 'package.json'))(name) as T;
}

/** The same for a package that can only be imported, or why it can't. */
export async function importPackage<T>(name: string): Promise<T | Missing> {
  try {
    const entry = createRequire(join(peersFolder, 'package.json')).resolve(name);
    return (await import(pathToFileURL(entry).href)) as T;
  } catch (error) {
    return { why: `${(error as Error).message.split('\n')[0]} (npm run bench:peers installs it)` };
  }
}
