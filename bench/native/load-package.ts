import { createRequire } from 'node:module';
import { join } from 'node:path';
import { peersFolder } from '../peers-folder.js';

/** A package from the folder of the peers; its types aren't there, so the caller says what it uses of it. */
export function loadPackage<T>(name: string): T {
  return createRequire(join(peersFolder, 'package.json'))(name) as T;
}
