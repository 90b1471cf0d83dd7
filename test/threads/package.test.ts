import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SimulatedServer, startSimulatedServer } from '../../src/main/api.js';
import { SharedMatrix } from '../../src/shared/shared-matrix.js';
import { simulateApiProcess } from '../helpers/simulate-api-process.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

/** What stands between the fences of one language in a Markdown file. */
function fences(markdown: string, language: string): string[] {
  return [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, found]) => found === language)
    .map(([, , code]) => code!);
}

const documents = ['README.md', 'CONTRIBUTING.md', 'docs/architecture.md'];
const texts = new Map(
  await Promise.all(documents.map(async (name) => [name, await readFile(join(root, name), 'utf8')] as const)),
);
const inAll = (language: string) =>
  [...texts].flatMap(([name, text]) => fences(text, language).map((code) => ({ name, code })));

/** Words and numbers, the numbers to six digits: what a comment says of a printed value. */
function gist(printed: string): string[] {
  const words = printed.replace(/\w+Array\(\d+\)/g, '').match(/[-\w.]+/g) ?? [];
  return words.map((word) =>
    Number.isNaN(Number(word)) ? word : String(Number(Number(word).toPrecision(6))),
  );
}

/** An empty project with the packed tarball installed. */
let project: string;
/** Whom commands call that call a server. */
let server: SimulatedServer;

beforeAll(async () => {
  server = await startSimulatedServer({ latencyMs: { median: 5, sigma: 0 } });
  project = await mkdtemp(join(tmpdir(), 'millrace-package-'));
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], {
    cwd: root,
  });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', filename], { cwd: project });
  await cp(join(root, 'samples'), join(project, 'samples'), { recursive: true });
  const vectors = Array.from({ length: 50 }, (_, i) => [1, i / 10, (i * i) / 100]);
  await writeFile(join(project, 'vectors.npy'), SharedMatrix.from(vectors).toNpy());
});
afterAll(async () => {
  await server.close();
  await rm(project, { recursive: true, force: true });
});

describe('the packed tarball', () => {
  it('holds what runs and nothing else', async () => {
    const installed = join(project, 'node_modules', 'millrace');
    expect((await readdir(installed)).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist',
      'package.json',
    ]);
    expect(await readdir(join(installed, 'dist', 'shared', 'kernels', 'similarity'))).toContain('simd.wasm');
  });

  it('satisfies publint', async () => {
    await expect(run('npx', ['publint', '--strict'], { cwd: root })).resolves.toBeDefined();
  });

  it.each([
    ['as a newcomer has it', { skipLibCheck: true }],
    ['with the declarations themselves checked', { skipLibCheck: false, types: ['node'] }],
  ])('type-checks the README’s JavaScript as TypeScript, %s', async (name, options) => {
    const folder = join(project, `types-${options.skipLibCheck}`);
    await mkdir(folder);
    for (const [number, code] of fences(texts.get('README.md')!, 'js').slice(0, 4).entries()) {
      await writeFile(join(folder, `snippet-${number}.ts`), code);
    }
    if (!options.skipLibCheck) {
      await cp(
        join(root, 'node_modules', '@types', 'node'),
        join(project, 'node_modules', '@types', 'node'),
        { recursive: true },
      );
      await cp(join(root, 'node_modules', 'undici-types'), join(project, 'node_modules', 'undici-types'), {
        recursive: true,
      });
    }
    const compilerOptions = {
      strict: true,
      module: 'nodenext',
      target: 'es2023',
      lib: ['es2023', 'esnext.disposable', 'dom'],
      noEmit: true,
      ...options,
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const { stdout } = await run(process.execPath, [tsc, '-p', folder]).catch((error) => error);
    expect({ name, stdout }).toEqual({ name, stdout: '' });
  });
});

describe('documentation', () => {
  // Those that need a database are run by test/mongo/readme.test.ts.
  it.each(inAll('js').filter(({ code }) => !code.includes('millrace/mongo')))(
    'runs and prints what it says: $name, $code',
    async ({ code }) => {
      await writeFile(join(project, 'snippet.mjs'), code);
      const { stdout } = await run(process.execPath, ['snippet.mjs'], { cwd: project });
      const said = [...code.matchAll(/console\.log\(.*\);\s*\/\/ (.*)$/gm)].map(([, comment]) =>
        gist(comment!),
      );
      const printed = gist(stdout).join(' ');
      for (const words of said) expect(printed).toContain(words.join(' '));
    },
  );

  const commands = inAll('sh').flatMap(({ name, code }) =>
    code
      .trim()
      .split('\n')
      .map((command) => ({ name, command })),
  );

  it('begins with the two commands that set up and run, and set up and test', () => {
    expect(commands.slice(0, 2).map(({ command }) => command)).toEqual([
      'npm ci && npm start',
      'npm ci && npm test',
    ]);
  });

  it.each(
    commands.filter(({ command }) => !/^npm ci|^millrace simulate-api|^millrace mongo|--mongo/.test(command)),
  )('runs: $command', async ({ command }) => {
    const env = {
      ...process.env,
      PATH: `${join(project, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`,
      OPENAI_BASE_URL: server.url,
    };
    await expect(run('sh', ['-c', command], { cwd: project, env })).resolves.toBeDefined();
  });

  it.each(commands.filter(({ command }) => command.startsWith('millrace simulate-api')))(
    'runs until it is stopped: $command',
    async ({ command }) => {
      const args = command.split(' ').slice(2);
      await using running = await simulateApiProcess(args);
      expect(await running.stats()).toMatchObject({ requests: 0 });
    },
  );

  it('names only files that are there, in its links', async () => {
    for (const [name, text] of texts) {
      for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
        await expect(readFile(new URL(target!, new URL(name, `file://${root}`)))).resolves.toBeDefined();
      }
    }
  });
});
