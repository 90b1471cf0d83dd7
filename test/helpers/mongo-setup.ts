import type { TestProject } from 'vitest/node';
import { MongoServer, whyNoMongoServer } from '../../tools/mongo/mongo-server.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The URI of the server of this run, or why there is none. */
    mongo: { uri: string } | { missing: string };
  }
}

/** One server for all files of a run: the one that MONGODB_URI names, else FerretDB. */
export default async function setup({ provide }: TestProject): Promise<(() => Promise<void>) | undefined> {
  const { MONGODB_URI: uri } = process.env;
  if (uri) {
    provide('mongo', { uri });
    return undefined;
  }
  const missing = await whyNoMongoServer();
  if (missing !== undefined) {
    provide('mongo', { missing });
    return undefined;
  }
  const server = await MongoServer.start(() => console.log('building FerretDB for the tests …'));
  provide('mongo', { uri: server.uri });
  return () => server[Symbol.asyncDispose]();
}
