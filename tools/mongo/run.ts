import { once } from 'node:events';
import { MongoServer, whyNoMongoServer } from './mongo-server.js';

// `npm run mongo`: a server on a free port until Ctrl-C, when its data are removed.
const missing = await whyNoMongoServer();
if (missing === undefined) {
  const ended = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await using server = await MongoServer.start(() => console.error('building FerretDB …'));
  console.log(server.uri);
  await ended;
} else {
  console.error(missing);
  process.exitCode = 1;
}
