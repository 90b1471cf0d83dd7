import { extname } from 'node:path';

/** However many there are, so much is told of them. */
const MAX_EXTENSIONS = 50;
const MAX_NAMES = 20;
/** Where all further extensions are counted. */
const OTHERS = 'others';

/** Files of folders and archives that were not read: how many, by extension, and the first names. Bounded in size. */
export class PassedOver {
  files = 0;
  private readonly extensions = new Map<string, number>();
  private readonly first: string[] = [];

  add(source: string): void {
    this.files++;
    const own = extname(source).toLowerCase();
    const isKnown = this.extensions.has(own) || this.extensions.size < MAX_EXTENSIONS;
    const extension = isKnown ? own : OTHERS;
    this.extensions.set(extension, (this.extensions.get(extension) ?? 0) + 1);
    if (this.first.length < MAX_NAMES) this.first.push(source);
  }

  toJSON(): { files: number; extensions: Record<string, number>; first: string[] } {
    return { files: this.files, extensions: Object.fromEntries(this.extensions), first: this.first };
  }
}
