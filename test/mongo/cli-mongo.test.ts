import { expect, it } from 'vitest';
import { contents, describeWithMongo } from '../helpers/mongo.js';
import { runCli } from '../helpers/run-cli.js';

describeWithMongo('millrace mongo', (mongo) => {
  const { db, uri } = mongo;
  const full = (name: string) => `${db.databaseName}.${name}`;
  const run = (...args: string[]) => runCli(['mongo', ...args], { env: { MONGODB_URI: uri } });
  const filled = async (count: number) => {
    const name = mongo.name();
    const documents = Array.from({ length: count }, (_, i) => ({ _id: i as never, text: `t${i}`, draft: i }));
    await db.collection(name).insertMany(documents);
    return name;
  };

  it('copies, compares, and lists differences in Extended JSON', async () => {
    const source = await filled(25);
    const target = mongo.name();
    const both = ['--source', full(source), '--target', full(target)];
    const dry = await run('copy', ...both, '--dry-run', '--json');
    expect(JSON.parse(dry.stdout)).toMatchObject({ documents: 25, written: 0, dryRun: true });
    expect(await contents(db, target)).toEqual([]);
    const copied = await run('copy', ...both, '--batch-size', '10', '--max-rate', '1000');
    expect(copied).toMatchObject({ code: 0, stdout: '' });
    expect(copied.stderr).toMatch(/copy: 25\/25 documents.*MB\/s\n25 documents: 25 written, 0\.0 MB in/s);
    expect(await contents(db, target)).toEqual(await contents(db, source));
    expect(await run('verify', ...both)).toMatchObject({ code: 0, stdout: '' });

    await db.collection(target).deleteOne({ _id: 3 as never });
    await db.collection(target).updateOne({ _id: 5 as never }, { $set: { text: 'other' } });
    const verified = await run('verify', ...both, '--json');
    expect(verified.code).toBe(3);
    const [missing, different, summary] = verified.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(missing).toEqual({ kind: 'missing', _id: 3 });
    expect(different).toEqual({ kind: 'different', _id: 5 });
    expect(summary).toMatchObject({ same: 23, missing: 1, extra: 0, different: 1 });

    const again = await run('copy', ...both);
    expect(again.code).toBe(3);
    expect(again.stderr).toContain('not written: 5: another document has its _id');
    expect(again.stderr).toMatch(/25 documents: 1 written, 23 there before, 1 not written/);
  });

  it('takes fields out', async () => {
    const name = await filled(12);
    const dry = await run('clean', '--collection', full(name), '--unset', 'draft', '--dry-run');
    expect(dry.stderr).toMatch(/12 documents would be changed, and nothing was/);
    const cleaned = await run('clean', '--collection', full(name), '--unset', 'draft', 'more.than', '--json');
    expect(JSON.parse(cleaned.stdout)).toMatchObject({ documents: 12, modified: 12, rejected: 0 });
    expect(await contents(db, name)).toEqual(
      Array.from({ length: 12 }, (_, i) => ({ _id: i, text: `t${i}` })),
    );
    const filter = '{"_id":{"$lt":{"$numberInt":"3"}}}';
    const set = await run('clean', '--collection', full(name), '--filter', filter, '--set', '{"first":true}');
    expect(set.stderr).toMatch(/3 documents: 3 changed/);
    expect(await db.collection(name).countDocuments({ first: true })).toBe(3);
  });

  it.each([
    [['copy', '--source', 'a.b'], /'--target <db.collection>' not specified/],
    [['copy', '--source', 'a.b', '--target', 'a.b'], /another namespace than the source's, received a\.b/],
    [['copy', '--source', 'a', '--target', 'a.b'], /Expected a database and a collection/],
    [['clean', '--collection', 'a.b'], /expected --unset or --set/],
    [['clean', '--collection', 'a.b', '--set', '{'], /--set: .*expected Extended JSON/],
  ])('%j is wrong usage', async (args, problem) => {
    const { code, stderr } = await run(...args);
    expect(stderr).toMatch(problem);
    expect(code).toBe(2);
  });

  it('refuses a copy onto itself before it connects', async () => {
    const copy = (...args: string[]) =>
      runCli(['mongo', 'copy', '--source', 'a.b', '--target', 'a.b', ...args]);
    const closed = 'mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=100';
    const same = expect.stringContaining("another namespace than the source's, received a.b");
    expect(await copy('--uri', closed)).toMatchObject({ code: 2, stderr: same });
    const alike = 'mongodb://me:secret@127.0.0.1:9/?appName=other';
    expect(await copy('--uri', closed, '--target-uri', alike)).toMatchObject({ code: 2, stderr: same });
    const [one, other] = ['mongodb+srv://one.example.test', 'mongodb+srv://other.example.test'];
    expect(await copy('--uri', one!, '--target-uri', one!)).toMatchObject({ code: 2, stderr: same });
    const different = await copy('--uri', one!, '--target-uri', other!);
    expect(different).toMatchObject({ code: 1, stderr: expect.stringContaining('no connection') });
  });

  it('names what it needs, and no password', async () => {
    const args = ['mongo', 'verify', '--source', 'a.b', '--target', 'a.c'];
    const none = await runCli(args, { env: { MONGODB_URI: undefined } });
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('--uri or MONGODB_URI') });
    const empty = await runCli(args, { env: { MONGODB_URI: '' } });
    expect(empty).toMatchObject({ code: 2, stderr: expect.stringContaining('--uri or MONGODB_URI') });
    const closed = 'mongodb://me:secret@127.0.0.1:9/?serverSelectionTimeoutMS=100';
    const { code, stderr } = await runCli([...args, '--uri', closed]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/no connection to the server: .*127\.0\.0\.1:9/);
    expect(stderr).not.toContain('secret');
  });
});
