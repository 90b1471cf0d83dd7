import { createHash } from 'node:crypto';
import { type Collection, type Document, ObjectId } from 'mongodb';

/** A document of the suite: a chunk of a text with a small vector, some 600 bytes of BSON. */
export interface ChunkDocument extends Document {
  _id: ObjectId;
  text: string;
  embedding?: number[];
}

const TEXT = 'a millrace gives a mill as much water as its wheel can take, and no more; ';

/** The same ones each time. */
export function chunkDocuments(count: number): ChunkDocument[] {
  return Array.from({ length: count }, (_, i) => chunkDocument(i));
}

export function chunkDocument(i: number): ChunkDocument {
  return {
    _id: new ObjectId((i + 1).toString(16).padStart(24, '0')),
    number: i,
    text: `${i}: ${TEXT.repeat(4)}`,
    embedding: Array.from({ length: 16 }, (_, column) => Math.sin(i + column)),
  };
}

/** Tells whether two collections have the same documents, byte for byte. */
export async function digestOf(collection: Collection<ChunkDocument>): Promise<string> {
  const hash = createHash('sha256');
  const raw = (await collection.find({}, { raw: true }).toArray()) as unknown as Uint8Array[];
  raw.sort(Buffer.compare);
  for (const bytes of raw) hash.update(bytes);
  return `${raw.length} documents, ${hash.digest('hex')}`;
}
