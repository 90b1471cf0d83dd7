import { BSON, type Document } from 'mongodb';

/** The opcodes of MongoDB's wire protocol that clients and servers of today use. */
const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;

/** One message of the wire protocol, whole. */
export interface Frame {
  readonly bytes: Buffer;
  readonly requestId: number;
  readonly responseTo: number;
  readonly opcode: number;
}

/** Cuts a stream of bytes into frames, however it comes. */
export class FrameReader {
  private rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): Frame[] {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const frames: Frame[] = [];
    while (this.rest.length >= 16 && this.rest.length >= this.rest.readInt32LE(0)) {
      const bytes = this.rest.subarray(0, this.rest.readInt32LE(0));
      this.rest = this.rest.subarray(bytes.length);
      frames.push({
        bytes,
        requestId: bytes.readInt32LE(4),
        responseTo: bytes.readInt32LE(8),
        opcode: bytes.readInt32LE(12),
      });
    }
    return frames;
  }
}

/** The document of a message: that of its body section, with lists from its document sequences. */
export function documentOf({ bytes, opcode }: Frame): Document {
  if (opcode === OP_QUERY) return BSON.deserialize(bytes.subarray(bytes.indexOf(0, 20) + 9));
  if (opcode === OP_REPLY) return BSON.deserialize(bytes.subarray(36));
  if (opcode !== OP_MSG) throw new Error(`opcode ${opcode} is not expected`);
  let body: Document = {};
  const sequences: Document = {};
  for (let at = 20; at < bytes.length; ) {
    const kind = bytes[at++];
    const size = bytes.readInt32LE(at);
    if (kind === 0) body = BSON.deserialize(bytes.subarray(at, at + size));
    else {
      const end = bytes.indexOf(0, at + 4);
      const documents: Document[] = [];
      for (let from = end + 1; from < at + size; from += bytes.readInt32LE(from))
        documents.push(BSON.deserialize(bytes.subarray(from, from + bytes.readInt32LE(from))));
      sequences[bytes.toString('utf8', at + 4, end)] = documents;
    }
    at += size;
  }
  return { ...body, ...sequences };
}

/** A reply with this document to the message, in the form that its sender expects. */
export function replyTo(request: Pick<Frame, 'requestId' | 'opcode'>, document: Document): Buffer {
  const body = BSON.serialize(document);
  const isMessage = request.opcode === OP_MSG;
  const head = Buffer.alloc(isMessage ? 21 : 36);
  head.writeInt32LE(head.length + body.length, 0);
  head.writeInt32LE(request.requestId, 8);
  head.writeInt32LE(isMessage ? OP_MSG : OP_REPLY, 12);
  if (!isMessage) head.writeInt32LE(1, 32);
  return Buffer.concat([head, body]);
}
