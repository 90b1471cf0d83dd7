import { batchDbOperation, copyCollection, findByIds, updateInBatches } from 'millrace/mongo';
import type { Collection, Db } from 'mongodb';
import type { Side } from '../compare.js';
import { type ChunkDocument, chunkDocuments, digestOf } from './documents.js';

type Chunks = Collection<ChunkDocument>;

/** One kind of work, and the ways to do it. What comes out of all of them is the same text. */
export interface MongoContest {
  case: string;
  documents: number;
  ours: Side<string>;
  peers: { loop?: Side<string>; plain: Side<string>; 'promise-all'?: Side<string> };
}

const CLEAN = { $unset: { embedding: '' } } as const;
/** FerretDB looks at all documents for each that it changes, or finds by its `_id`: of more it would take minutes. */
const FEW_DOCUMENTS = 500;
const DIRTY = { embedding: { $exists: true } };

/** The contests over a database that nobody else uses; `source` has the documents. */
export async function mongoContests(db: Db, count: number): Promise<MongoContest[]> {
  const documents = chunkDocuments(count);
  const source: Chunks = db.collection('source');
  await fill(source, documents);
  return [
    insertContest(db, documents),
    findContest(source, documents, count),
    findContest(source, documents.slice(-FEW_DOCUMENTS), count),
    copyContest(db, source, count),
    cleanContest(db, documents.slice(0, FEW_DOCUMENTS)),
  ];
}

async function fill(collection: Chunks, documents: readonly ChunkDocument[]): Promise<void> {
  await batchDbOperation({ collection, operation: 'insertMany', items: documents });
}

let names = 0;

/** Times the work on a collection of its own, which may be filled before; the digest of what it has then is the answer. */
function onFresh(
  db: Db,
  work: (fresh: Chunks) => Promise<unknown>,
  before: readonly ChunkDocument[] = [],
): Side<string> {
  return async () => {
    const fresh: Chunks = db.collection(`fresh${names++}`);
    await db.createCollection(fresh.collectionName);
    if (before.length > 0) await fill(fresh, before);
    const startMs = performance.now();
    await work(fresh);
    const elapsedMs = performance.now() - startMs;
    const answer = await digestOf(fresh);
    await fresh.drop();
    return { elapsedMs, answer };
  };
}

function insertContest(db: Db, documents: readonly ChunkDocument[]): MongoContest {
  return {
    case: `insert ${documents.length} documents`,
    documents: documents.length,
    ours: onFresh(db, (collection) => fill(collection, documents)),
    peers: {
      loop: onFresh(db, async (collection) => {
        for (const document of documents) await collection.insertOne(document);
      }),
      plain: onFresh(db, (collection) => collection.insertMany(documents)),
      'promise-all': onFresh(db, (collection) =>
        Promise.all(documents.map((document) => collection.insertOne(document))),
      ),
    },
  };
}

function findContest(source: Chunks, documents: readonly ChunkDocument[], count: number): MongoContest {
  const ids = documents.map(({ _id }) => _id);
  const side = (work: () => Promise<(ChunkDocument | null | undefined)[]>): Side<string> => {
    return async () => {
      const startMs = performance.now();
      const found = await work();
      const elapsedMs = performance.now() - startMs;
      return { elapsedMs, answer: found.map((document) => `${document?._id} ${document?.text}`).join() };
    };
  };
  return {
    case: `find ${ids.length}${ids.length < count ? ` of ${count}` : ''} documents by _id`,
    documents: ids.length,
    ours: side(async () => (await findByIds<ChunkDocument>({ collection: source, ids })).documents),
    peers: {
      // In the order of the ids, as the others.
      plain: side(async () => {
        const found = await source.find({ _id: { $in: ids } }).toArray();
        const byId = new Map(found.map((document) => [document._id.toHexString(), document]));
        return ids.map((id) => byId.get(id.toHexString()));
      }),
      ...(ids.length <= FEW_DOCUMENTS && {
        loop: side(async () => {
          const found: (ChunkDocument | null)[] = [];
          for (const _id of ids) found.push(await source.findOne({ _id }));
          return found;
        }),
        'promise-all': side(() => Promise.all(ids.map((_id) => source.findOne({ _id })))),
      }),
    },
  };
}

function copyContest(db: Db, source: Chunks, count: number): MongoContest {
  return {
    case: `copy ${count} documents`,
    documents: count,
    ours: onFresh(db, (target) => copyCollection({ source: source as never, target: target as never })),
    peers: {
      loop: onFresh(db, async (target) => {
        for await (const document of source.find()) await target.insertOne(document);
      }),
      plain: onFresh(db, async (target) => target.insertMany(await source.find().toArray())),
      'promise-all': onFresh(db, async (target) => {
        const documents = await source.find().toArray();
        return Promise.all(documents.map((document) => target.insertOne(document)));
      }),
    },
  };
}

/** Takes a field out of all documents that have it. Nobody looks a second time whether they still have it. */
function cleanContest(db: Db, documents: readonly ChunkDocument[]): MongoContest {
  const idsOf = (collection: Chunks) => collection.find(DIRTY, { projection: { _id: 1 } });
  const side = (work: (collection: Chunks) => Promise<unknown>) => onFresh(db, work, documents);
  return {
    case: `clean ${documents.length} documents`,
    documents: documents.length,
    ours: side((collection) =>
      updateInBatches({ collection: collection as never, filter: DIRTY, update: CLEAN, recheck: false }),
    ),
    peers: {
      loop: side(async (collection) => {
        for await (const { _id } of idsOf(collection)) await collection.updateOne({ _id }, CLEAN);
      }),
      // A bulkWrite of a hundred updates is never answered by FerretDB.
      plain: side((collection) => collection.updateMany(DIRTY, CLEAN)),
      'promise-all': side(async (collection) => {
        const dirty = await idsOf(collection).toArray();
        return Promise.all(dirty.map(({ _id }) => collection.updateOne({ _id }, CLEAN)));
      }),
    },
  };
}
