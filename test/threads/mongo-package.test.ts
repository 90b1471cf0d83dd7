import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const dist = (name: string) => new URL(`../../dist/${name}`, import.meta.url).href;

it('millrace/mongo loads without the package mongodb, and says what to install when it is used', async () => {
  const script = `
    import { register } from 'node:module';
    register('data:text/javascript,' + encodeURIComponent(\`
      export async function resolve(name, context, next) {
        if (name === 'mongodb') throw new Error('no such package');
        return next(name, context);
      }\`));
    await import('${dist('main/index.js')}');
    const { batchDbOperation } = await import('${dist('main/mongo.js')}');
    const collection = { db: {}, collectionName: 'c' };
    try { await batchDbOperation({ collection, operation: 'insertMany', items: [] }); }
    catch (error) { console.log(error.code, error.message); }`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  });
  expect(stdout).toContain(
    'MILLRACE_MISSING_PACKAGE batchDbOperation needs the package "mongodb" (npm install mongodb)',
  );
});
