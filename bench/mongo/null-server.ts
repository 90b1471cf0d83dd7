import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { BSON, type Document } from 'mongodb';

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const HELLO = {
  ok: 1,
  isWritablePrimary: true,
  helloOk: true,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  minWireVersion: 0,
  maxWireVersion: 25,
  readOnly: false,
};

/** A server that does nothing, and says at once that all is done. */
export interface NullServer extends AsyncDisposable {
  readonly uri: string;
  /** Documents and updates that were sent to it. */
  readonly statements: number;
}

export async function startNullServer(): Promise<NullServer> {
  const counts = { statements: 0 };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    const chunks: Buffer[] = [];
    let bytes = 0;
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes < (chunks[0]!.length >= 4 ? chunks[0]!.readInt32LE(0) : 16)) return;
      let message = Buffer.concat(chunks);
      chunks.length = 0;
      while (message.length >= 16 && message.length >= message.readInt32LE(0)) {
        const length = message.readInt32LE(0);
        socket.write(answerTo(message.subarray(0, length), counts));
        message = message.subarray(length);
      }
      bytes = message.length;
      if (bytes > 0) chunks.push(message);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    uri: `mongodb://127.0.0.1:${(server.address() as AddressInfo).port}/?directConnection=true`,
    get statements() {
      return counts.statements;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function answerTo(message: Buffer, counts: { statements: number }): Buffer {
  if (message.readInt32LE(12) === OP_QUERY) return reply(message, HELLO);
  const listed = statementsIn(message);
  if (listed > 0) {
    counts.statements += listed;
    return reply(message, { ok: 1, n: listed, nModified: 0 });
  }
  const end = 21 + message.readInt32LE(21);
  const [name] = Object.keys(BSON.deserialize(message.subarray(21, end)));
  return reply(message, name === 'hello' || name === 'isMaster' ? HELLO : { ok: 1 });
}

/** How many documents are in the sections behind the command. */
function statementsIn(message: Buffer): number {
  let statements = 0;
  for (let at = 21 + message.readInt32LE(21); at < message.length; ) {
    const end = at + 1 + message.readInt32LE(at + 1);
    let from = message.indexOf(0, at + 5) + 1;
    for (; from < end; from += message.readInt32LE(from)) statements++;
    at = end;
  }
  return statements;
}

function reply(request: Buffer, document: Document): Buffer {
  const body = BSON.serialize(document);
  const isMessage = request.readInt32LE(12) === OP_MSG;
  const head = Buffer.alloc(isMessage ? 21 : 36);
  head.writeInt32LE(head.length + body.length, 0);
  head.writeInt32LE(request.readInt32LE(4), 8);
  head.writeInt32LE(isMessage ? OP_MSG : OP_REPLY, 12);
  if (!isMessage) head.writeInt32LE(1, 32);
  return Buffer.concat([head, body]);
}
