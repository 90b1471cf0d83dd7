import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** For each room of src, the rooms that its files may import from, besides itself. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  shared: [],
  workers: ['shared'],
  tuning: ['shared'],
  main: ['shared', 'tuning'],
};

interface Import {
  file: string;
  from: string;
  room: string;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(
    ([, specifier]) => specifier!,
  );
  return specifiers.map((specifier) => {
    const from = relative(root, join(root, dirname(file), specifier))
      .split(sep)
      .join('/');
    return { file, from, room: from.split('/')[1]! };
  });
}

function sourcesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.split(sep).join('/')}`)
    .filter((name) => name.endsWith('.ts') && !name.includes('/assembly/'));
}

describe('the rooms of src', () => {
  const all = sourcesIn('src').flatMap(importsOf);

  it('has imports to look at', () => {
    expect(all.length).toBeGreaterThan(100);
  });

  it.each(Object.entries(MAY_IMPORT))('%s imports only from where it may', (room, allowed) => {
    const wrong = all.filter(
      ({ file, room: target }) =>
        file.startsWith(`src/${room}/`) && target !== room && !allowed.includes(target),
    );
    expect(wrong.map(({ file, from }) => `${file} → ${from}`)).toEqual([]);
  });

  it('has only rooms with rules', () => {
    const rooms = readdirSync(join(root, 'src'));
    expect(rooms.filter((room) => !(room in MAY_IMPORT))).toEqual([]);
  });

  it('imports Piscina in one file', () => {
    const importers = sourcesIn('src').filter((file) =>
      /from 'piscina'/.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(importers).toEqual(['src/main/compute/compute-pool.ts']);
  });

  it('keeps worker entries short', () => {
    for (const file of sourcesIn('src/workers')) {
      expect({ file, lines: readFileSync(join(root, file), 'utf8').split('\n').length }).toMatchObject({
        lines: expect.toSatisfy((lines: number) => lines <= 45),
      });
    }
  });
});
