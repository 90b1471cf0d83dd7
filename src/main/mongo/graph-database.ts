import { createHash } from 'node:crypto';
import type { Collection, Db, Document } from 'mongodb';
import { SharedMatrix } from '../../shared/shared-matrix.js';
import type { Chunk } from '../../shared/transcript.js';
import type { FinishedGraph, GraphEmbedder, GraphStore } from '../graph/graph-store.js';
import { cursorDocuments } from './cursor-documents.js';
import { loadDriver } from './load-driver.js';
import { type SyncCounts, syncDocuments } from './sync-documents.js';
import { untilAborted } from './until-aborted.js';

/** Chunks are compared with what is there so many at a time, in whole sources. */
const GROUP_CHUNKS = 2000;

/**
 * A graph in a database: the collections `chunks` (`_id` is the chunk's id), `embeddings` (`chunk`, `model`,
 * `textSha256` of the text that was embedded, and `vector`, a BSON vector of float32) and `edges` (`source`, `target`,
 * `similarity`). What is there and the same is left alone, so that writing it twice changes nothing.
 */
export class GraphDatabase implements GraphStore {
  readonly name: string;
  private readonly chunks: Collection<Document>;
  private readonly embeddings: Collection<Document>;
  private readonly edges: Collection<Document>;

  private constructor(db: Db) {
    this.name = `the database ${db.databaseName}`;
    this.chunks = db.collection('chunks');
    this.embeddings = db.collection('embeddings');
    this.edges = db.collection('edges');
  }

  /** Makes the indexes that keep chunks and edges unique, before there are any. @throws what the driver throws; `signal.reason` */
  static async open(db: Db, signal?: AbortSignal): Promise<GraphDatabase> {
    const database = new GraphDatabase(db);
    const { chunks, embeddings, edges } = database;
    await untilAborted(chunks.createIndex({ source: 1, index: 1 }, { unique: true }), signal);
    await untilAborted(embeddings.createIndex({ chunk: 1, model: 1 }, { unique: true }), signal);
    await untilAborted(edges.createIndex({ source: 1, target: 1 }, { unique: true }), signal);
    return database;
  }

  /** All chunks, by source and index. */
  async readChunks(signal?: AbortSignal): Promise<Chunk[]> {
    const chunks: Chunk[] = [];
    const found = this.chunks.find({}, { sort: { source: 1, index: 1 }, signal });
    for await (const { _id: id, ...chunk } of cursorDocuments(found, signal))
      chunks.push({ id, ...chunk } as unknown as Chunk);
    return chunks;
  }

  /**
   * Writes the chunks of whole sources, those of one source behind each other. Chunks of these sources that are no longer
   * among them are deleted; other sources stay.
   */
  async saveChunks(
    chunks: Iterable<Chunk> | AsyncIterable<Chunk>,
    signal?: AbortSignal,
  ): Promise<SyncCounts> {
    const counts: SyncCounts = { inserted: 0, replaced: 0, unchanged: 0, deleted: 0 };
    for await (const group of bySource(chunks)) {
      const sources = [...new Set(group.map(({ source }) => source))];
      const documents = group.map(({ id, ...chunk }) => ({ _id: id, ...chunk }));
      add(counts, await syncDocuments(this.chunks, { source: { $in: sources } }, documents, signal));
    }
    return counts;
  }

  async save({ chunks, embedder, embeddings, edges }: FinishedGraph, signal?: AbortSignal): Promise<number> {
    const { Double, Binary } = await loadDriver('GraphDatabase');
    await this.saveChunks(chunks, signal);
    const vectors = chunks.map(({ id, text }, i) => ({
      _id: JSON.stringify([embedder, id]),
      chunk: id,
      model: embedder,
      textSha256: sha256(text),
      vector: Binary.fromFloat32Array(new Float32Array(embeddings.row(i))),
    }));
    // Vectors of other chunks stay: they may have been paid for.
    for (let i = 0; i < vectors.length; i += GROUP_CHUNKS) {
      const group = vectors.slice(i, i + GROUP_CHUNKS);
      await syncDocuments(this.embeddings, { _id: { $in: group.map(({ _id }) => _id) } }, group, signal);
    }
    const joined = Array.from({ length: edges.length }, (_, i) => {
      const source = chunks[edges.source[i]!]!.id;
      const target = chunks[edges.target[i]!]!.id;
      const similarity = new Double(edges.similarity[i]!);
      return { _id: JSON.stringify([source, target]), source, target, similarity };
    });
    await syncDocuments(this.edges, {}, joined, signal);
    return chunks.length + vectors.length + joined.length;
  }

  /** An embedder that asks another one only for vectors that aren't here. */
  remembering({ name, embed }: GraphEmbedder): GraphEmbedder {
    return {
      name,
      embed: async (chunks, options) => {
        const known = await this.vectorsOf(chunks, name, options.signal);
        const missing = chunks.filter(({ id }) => !known.has(id));
        if (missing.length > 0) {
          const made = await embed(missing, options);
          for (const [i, { id }] of missing.entries()) known.set(id, made.row(i));
        }
        return SharedMatrix.from(chunks.map(({ id }) => known.get(id)!));
      },
    };
  }

  private async vectorsOf(
    chunks: readonly Chunk[],
    model: string,
    signal: AbortSignal | undefined,
  ): Promise<Map<string, Float32Array>> {
    const texts = new Map(chunks.map(({ id, text }) => [id, text]));
    const vectors = new Map<string, Float32Array>();
    const found = this.embeddings.find({ model }, { signal });
    for await (const { chunk: id, textSha256, vector } of cursorDocuments(found, signal)) {
      const text = texts.get(String(id));
      if (text !== undefined && sha256(text) === textSha256) vectors.set(String(id), vector.toFloat32Array());
    }
    return vectors;
  }
}

async function* bySource(
  chunks: Iterable<Chunk> | AsyncIterable<Chunk>,
): AsyncGenerator<readonly Chunk[], void, void> {
  let group: Chunk[] = [];
  for await (const chunk of chunks) {
    if (group.length >= GROUP_CHUNKS && group.at(-1)!.source !== chunk.source) {
      yield group;
      group = [];
    }
    group.push(chunk);
  }
  if (group.length > 0) yield group;
}

function add(counts: SyncCounts, more: SyncCounts): void {
  for (const name of ['inserted', 'replaced', 'unchanged', 'deleted'] as const) counts[name] += more[name];
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
