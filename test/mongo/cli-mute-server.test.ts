import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { describeWithMongo } from '../helpers/mongo.js';
import { runCli } from '../helpers/run-cli.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { WireProxy } from '../helpers/wire-proxy.js';

const SAMPLES = fileURLToPath(new URL('../../samples/bees', import.meta.url));

describeWithMongo('Ctrl-C while the server stops answering', ({ uri, db, name }) => {
  const source = `${db.databaseName}.source`;
  const target = () => `${db.databaseName}.${name()}`;
  const out = () => join(temporaryFolder(), 'out');

  it.each([
    ['hello', () => ['mongo', 'verify', '--source', source, '--target', source]],
    ['insert', () => ['mongo', 'copy', '--source', source, '--target', target()]],
    ['find', () => ['mongo', 'copy', '--source', source, '--target', target()]],
    ['getMore', () => ['mongo', 'verify', '--source', source, '--target', source, '--batch-size', '10']],
    ['update', () => ['mongo', 'clean', '--collection', source, '--unset', 'text']],
    ['createIndexes', () => ['ingest', SAMPLES, '--out', out()]],
    ['find', () => ['ingest', SAMPLES, '--out', out()]],
    ['update', () => ['ingest', SAMPLES, '--out', out()]],
    ['find', () => ['graph', '--out', out()]],
    ['update', () => ['graph', SAMPLES, '--out', out()]],
  ])('ends the process within a second and some: %s', async (command, args) => {
    const documents = Array.from({ length: 40 }, (_, i) => ({ _id: i as never, text: `t${i}` }));
    await db.collection('source').deleteMany({});
    await db.collection('source').insertMany(documents);
    await using proxy = await WireProxy.start(uri);
    let isMute = false;
    proxy.rule = (seen) => {
      isMute ||= seen.name === command;
      return isMute ? { do: 'keepReply' } : undefined;
    };
    let killedAt = Number.POSITIVE_INFINITY;
    const when = () => {
      if (isMute) killedAt = performance.now();
      return isMute;
    };
    const given = args();
    const address = proxy.uri.replace('/?', `/${db.databaseName}?`);
    const { code, stderr } = await runCli(given[0] === 'mongo' ? given : [...given, '--mongo', address], {
      env: { MONGODB_URI: address },
      kill: { signal: 'SIGINT', when },
    });
    expect(performance.now() - killedAt).toBeLessThan(2500);
    expect(stderr).toContain('stopped by SIGINT');
    expect(code).toBe(130);
  });
});
