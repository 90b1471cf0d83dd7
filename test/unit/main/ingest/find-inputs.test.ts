import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findInputs } from '../../../../src/main/ingest/find-inputs.js';

const FILES = [
  ...['talks/b.srt', 'talks/a.VTT', 'talks/day 1/c.sbv', 'talks/day 1/deep/d.txt', 'talks/slides.pdf'],
  ...['talks/README.txt', 'talks/readme-first.txt', 'talks/day 1/LICENSE-talks.txt', 'talks/SOURCE.txt'],
  ...['talks/source-of-the-nile.txt', 'talks/notice_board.srt', 'talks/.hidden.srt', 'talks/.git/e.srt'],
  ...['more/b.srt', 'more/day 1/c.sbv', 'other/more/b.srt', 'odd[1]/x*.srt', 'pictures/p.png'],
];

let root: string;

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'millrace-')));
  for (const file of FILES) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), file);
  }
  await mkdir(join(root, 'empty'));
});

afterAll(() => rm(root, { recursive: true }));

const find = (...patterns: string[]) => findInputs(patterns, { cwd: root });

async function sourcesOf(...patterns: string[]): Promise<string[]> {
  const { files, failures } = await find(...patterns);
  expect(failures).toEqual([]);
  return files.map((file) => file.source);
}

async function failuresOf(...patterns: string[]): Promise<string[]> {
  const { failures } = await find(...patterns);
  for (const { error } of failures) expect(error.code).toBe('MILLRACE_UNREADABLE_INPUT');
  return failures.map(({ error }) => error.message);
}

describe('a folder', () => {
  const TALKS = [
    'a.VTT',
    'b.srt',
    'day 1/c.sbv',
    'day 1/deep/d.txt',
    'notice_board.srt',
    'source-of-the-nile.txt',
  ];

  it.each(['talks', 'talks/', './talks'])(
    'gives the transcripts below it, not what is hidden or about it: %s',
    async (folder) => {
      expect(await sourcesOf(folder)).toEqual(TALKS);
    },
  );

  it('gives absolute paths', async () => {
    const { files } = await find('talks/day 1');
    expect(files).toEqual([
      { path: join(root, 'talks', 'day 1', 'c.sbv'), source: 'c.sbv' },
      { path: join(root, 'talks', 'day 1', 'deep', 'd.txt'), source: 'deep/d.txt' },
    ]);
    expect((await find(join(root, 'talks', 'day 1'))).files).toEqual(files);
  });

  it('without a transcript is a failure', async () => {
    const none = 'no transcript in this folder, by the extensions of files';
    expect(await failuresOf('empty', 'pictures')).toEqual([`empty: ${none}`, `pictures: ${none}`]);
  });
});

describe('a file', () => {
  it('is taken whatever its name, and named by its base name', async () => {
    expect(await sourcesOf('talks/slides.pdf', 'talks/.hidden.srt', 'talks/README.txt')).toEqual([
      '.hidden.srt',
      'README.txt',
      'slides.pdf',
    ]);
  });

  it('may have the name of a glob', async () => {
    expect(await sourcesOf('odd[1]/x*.srt')).toEqual(['x*.srt']);
  });

  it('that is not there is a failure, and the others go on', async () => {
    const { files, failures } = await find('talks/z.srt', 'talks/b.srt', 'talks/b.srt/x', '');
    expect(files.map((file) => file.source)).toEqual(['b.srt']);
    expect(failures.map(({ source, error }) => [source, error.message])).toEqual([
      ['', ': an empty path'],
      ['talks/b.srt/x', 'talks/b.srt/x: a part of the path is no folder (ENOTDIR)'],
      ['talks/z.srt', 'talks/z.srt: no such file or folder (ENOENT)'],
    ]);
  });
});

describe('a glob', () => {
  it('gives every file that matches, but no hidden one', async () => {
    expect(await sourcesOf('talks/*')).toEqual([
      ...['README.txt', 'SOURCE.txt', 'a.VTT', 'b.srt', 'notice_board.srt', 'readme-first.txt'],
      ...['slides.pdf', 'source-of-the-nile.txt'],
    ]);
  });

  it('names files from the last folder that it names in full', async () => {
    expect(await sourcesOf('talks/**/*.{srt,sbv}')).toEqual(['b.srt', 'day 1/c.sbv', 'notice_board.srt']);
    expect(await sourcesOf('talks/day 1/c*')).toEqual(['c.sbv']);
    expect(await sourcesOf('*/b.srt')).toEqual(['more/b.srt', 'talks/b.srt']);
    expect(await sourcesOf(`${root.replaceAll('\\', '/')}/talks/day?1/*.sbv`)).toEqual(['day 1/c.sbv']);
  });

  it('without a match is a failure', async () => {
    expect(await failuresOf('talks/*.xyz', 'nowhere/*.srt')).toEqual([
      'nowhere/*.srt: no file matches',
      'talks/*.xyz: no file matches',
    ]);
  });
});

describe('several inputs', () => {
  it('give a file once, by the first that finds it', async () => {
    expect(await sourcesOf('talks/day 1', 'talks', 'talks/day 1/c.sbv', 'talks/*/c.sbv')).toEqual([
      'a.VTT',
      'b.srt',
      'c.sbv',
      'deep/d.txt',
      'notice_board.srt',
      'source-of-the-nile.txt',
    ]);
  });

  it('tell files of the same source apart by the folders above', async () => {
    expect(await sourcesOf('talks/b.srt', 'more')).toEqual(['day 1/c.sbv', 'more/b.srt', 'talks/b.srt']);
    expect(await sourcesOf('more', 'talks/b.srt')).toEqual(['day 1/c.sbv', 'more/b.srt', 'talks/b.srt']);
    expect(await sourcesOf('talks', 'more')).toContain('talks/day 1/c.sbv');
    const above = root.split(/[\\/]/).at(-1)!;
    expect((await sourcesOf('more/b.srt', 'other/more/b.srt', 'talks/b.srt')).sort()).toEqual(
      [`${above}/more/b.srt`, 'other/more/b.srt', 'talks/b.srt'].sort(),
    );
  });

  it('are sorted by code point, not by UTF-16 unit', async () => {
    const names = ['\u{1f600}.srt', '\uff21.srt', 'Z.srt', 'a.srt', 'é.srt'];
    const folder = join(root, 'names');
    await mkdir(folder);
    for (const name of names) await writeFile(join(folder, name), name);
    expect(await sourcesOf('names')).toEqual(['Z.srt', 'a.srt', 'é.srt', '\uff21.srt', '\u{1f600}.srt']);
  });
});

describe('files that are passed over', () => {
  it('are told of, hidden ones excepted', async () => {
    const passedOver: string[] = [];
    await findInputs(['talks', 'pictures'], { cwd: root, onPassedOver: (source) => passedOver.push(source) });
    expect(passedOver).toEqual([
      ...['README.txt', 'SOURCE.txt', 'day 1/LICENSE-talks.txt', 'readme-first.txt', 'slides.pdf', 'p.png'],
    ]);
  });
});

describe('excluded files', () => {
  const exclude = ['talks/b.srt', join('talks', 'slides.pdf'), 'talks/absent.srt'];
  const without = async (...patterns: string[]) => {
    const passedOver: string[] = [];
    const onPassedOver = (source: string) => passedOver.push(source);
    const { files, failures } = await findInputs(patterns, { cwd: root, exclude, onPassedOver });
    return [
      ...files.map(({ source }) => source),
      ...failures.map(({ error }) => error.message),
      ...passedOver,
    ];
  };

  it('are not found by folders and globs, nor counted', async () => {
    expect(await without('talks')).not.toContain('b.srt');
    expect(await without('talks')).not.toContain('slides.pdf');
    expect(await without('talks/{b,notice_board}.srt')).toEqual(['notice_board.srt']);
    expect(await without('talks/b.*')).toEqual(['talks/b.*: no file matches']);
  });

  it('are refused where they are named', async () => {
    await expect(without('talks/b.srt')).rejects.toMatchObject({
      code: 'MILLRACE_INVALID_ARGUMENT',
      message: expect.stringMatching(/^talks\/b\.srt: an output of this run/),
    });
  });
});

describe.skipIf(process.platform === 'win32')('symbolic links', () => {
  it('to files are followed, to folders not, and make no second file', async () => {
    const folder = join(root, 'linked');
    await mkdir(join(folder, 'sub'), { recursive: true });
    await writeFile(join(folder, 'real.srt'), 'x');
    await symlink('real.srt', join(folder, 'same.srt'));
    await symlink('../talks/b.srt', join(folder, 'far.srt'));
    await symlink('..', join(folder, 'sub', 'circle'));
    await symlink('gone.srt', join(folder, 'dangling.srt'));
    const { files, failures } = await find('linked');
    expect(files).toHaveLength(2);
    expect(files.map((file) => file.source)).toContain('far.srt');
    expect(failures.map(({ error }) => error.message)).toEqual([
      'dangling.srt: no such file or folder (ENOENT)',
    ]);
    expect((await find('linked/**')).files).toHaveLength(2);
  });

  it('to a folder are followed where they are named', async () => {
    await symlink('talks', join(root, 'alias'));
    expect(await sourcesOf('alias')).toContain('b.srt');
    expect(await sourcesOf('alias', 'talks')).toHaveLength(6);
  });
});
