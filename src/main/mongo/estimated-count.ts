import type { Collection } from 'mongodb';
import { isWorthAnotherTry } from './patience.js';

/**
 * About how many documents a collection has, by what the server keeps of it anyway. The command `count` knows that, too, but
 * FerretDB counts one by one for it.
 *
 * @throws what the driver throws
 */
export async function estimatedCount(collection: Collection): Promise<number> {
  try {
    // Of a sharded collection there is a document for each shard.
    const stats = await collection.aggregate<{ count: number }>([{ $collStats: { count: {} } }]).toArray();
    return stats.reduce((sum, { count }) => sum + Number(count), 0);
  } catch (error) {
    if (isWorthAnotherTry(error)) throw error;
    return collection.estimatedDocumentCount(); // There is no such collection, or it is a view, or one may not ask.
  }
}
