import { existsSync } from 'node:fs';
import { MongoClient } from 'mongodb';
import type { Missing } from '../compare.js';
import { packageRoot } from '../package-root.js';

/** A MongoDB for the suite: the one that MONGODB_URI names, else a FerretDB of its own. */
export interface BenchServer extends AsyncDisposable {
  readonly uri: string;
  /** With its version. */
  readonly name: string;
}

/** What is used of tools/mongo/mongo-server.ts. */
interface MongoServerModule {
  whyNoMongoServer(): Promise<string | undefined>;
  MongoServer: { start(onBuild: () => void): Promise<AsyncDisposable & { readonly uri: string }> };
}

const TOOL = new URL('tools/build/mongo/mongo-server.js', packageRoot);

/** Says why, if there can be none. */
export async function openBenchServer(): Promise<BenchServer | Missing> {
  const { MONGODB_URI: given } = process.env;
  if (given) {
    return { uri: given, name: await nameOf(given), async [Symbol.asyncDispose]() {} };
  }
  if (!existsSync(TOOL)) return { why: 'tools/build is missing: start it with npm run bench:mongo' };
  const { MongoServer, whyNoMongoServer } = (await import(TOOL.href)) as MongoServerModule;
  const why = await whyNoMongoServer();
  if (why !== undefined) return { why };
  const server = await MongoServer.start(() => process.stderr.write('building FerretDB …\n'));
  const { uri } = server;
  return { uri, name: await nameOf(uri), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function nameOf(uri: string): Promise<string> {
  const client = new MongoClient(uri);
  try {
    const { ferretdbVersion, version } = await client.db('admin').command({ buildInfo: 1 });
    return ferretdbVersion === undefined ? `MongoDB ${version}` : `FerretDB ${ferretdbVersion}, SQLite`;
  } finally {
    await client.close();
  }
}
