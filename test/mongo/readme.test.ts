import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { describeWithMongo } from '../helpers/mongo.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

describeWithMongo('the README', ({ uri, client }) => {
  it('runs and prints what it says, as the package is built', async () => {
    const markdown = await readFile(`${root}README.md`, 'utf8');
    const codes = [...markdown.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);
    const [code] = codes.filter((text) => text.includes('millrace/mongo'));
    const env = { ...process.env, MONGODB_URI: uri };
    // By its own name, as whoever installed it.
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code!], {
      cwd: root,
      env,
    });
    const words = (text: string) => text.match(/[-\w]+/g)!.join(' ');
    const said = [...code!.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, comment]) =>
      words(comment!),
    );
    expect(words(stdout)).toBe(said.join(' '));
    await client.db('library').dropDatabase();
  });
});
