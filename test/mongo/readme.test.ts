import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, expect, it } from 'vitest';
import { describeWithMongo } from '../helpers/mongo.js';
import { cliPath } from '../helpers/run-cli.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

describeWithMongo('the README', ({ uri, client }) => {
  const markdown = readFileSync(`${root}README.md`, 'utf8');
  const fences = (language: string) =>
    [...markdown.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
      ([, code]) => code!,
    );
  const env = { ...process.env, MONGODB_URI: uri };
  afterEach(async () => {
    await client.db('library').dropDatabase();
    await client.db('millrace').dropDatabase();
  });

  it.each(fences('js').filter((code) => code.includes('millrace/mongo')))(
    'runs and prints what it says, as the package is built: %s',
    async (code) => {
      // By its own name, as whoever installed it.
      const args = ['--input-type=module', '--eval', code];
      const { stdout } = await run(process.execPath, args, { cwd: root, env });
      const words = (text: string) => text.match(/[-\w]+/g)!.join(' ');
      const said = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, comment]) =>
        words(comment!),
      );
      for (const each of said) expect(words(stdout)).toContain(each);
    },
  );

  it('has commands that run', async () => {
    const commands = fences('sh').flatMap((code) => code.trim().split('\n'));
    const needy = commands.filter((command) => /^millrace mongo|--mongo/.test(command));
    expect(needy.length).toBeGreaterThan(5);
    await client.db('library').collection('books').insertOne({ title: 'Mills' });
    const folder = temporaryFolder();
    await symlink(`${root}samples`, join(folder, 'samples'));
    await writeFile(join(folder, 'millrace'), `#!/bin/sh\nexec "${process.execPath}" "${cliPath}" "$@"\n`);
    await chmod(join(folder, 'millrace'), 0o755);
    const path = `${folder}${delimiter}${process.env.PATH}`;
    for (const command of needy)
      await expect(
        run('sh', ['-c', command], { cwd: folder, env: { ...env, PATH: path } }),
        command,
      ).resolves.toBeDefined();
    expect(await client.db('millrace').collection('edges').countDocuments()).toBeGreaterThan(0);
  });
});
