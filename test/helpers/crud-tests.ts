import { readdirSync, readFileSync } from 'node:fs';
import { BSON, type Document } from 'mongodb';
import { corpus } from './corpora.js';

/** One of MongoDB's CRUD tests (unified test format), as far as it writes. */
export interface CrudTest {
  /** File and description. */
  readonly name: string;
  readonly initialData: readonly Document[];
  readonly collectionOptions: Document;
  readonly operations: readonly Document[];
  /** The commands that have to be sent, if it says so. */
  readonly commands: readonly Document[] | undefined;
  /** Collections afterwards, if it says so. */
  readonly outcome: readonly Document[];
  /** Each is enough. */
  readonly requirements: readonly (readonly Document[])[];
}

const WRITES = new Set([
  'insertOne',
  'insertMany',
  'updateOne',
  'updateMany',
  'replaceOne',
  'deleteOne',
  'deleteMany',
  'bulkWrite',
]);

/** All tests of the corpus whose operations write to one collection. */
export function crudTests(): CrudTest[] {
  const folder = corpus('mongo-crud-unified');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json') && !name.startsWith('client-'))
    .sort()
    .flatMap((file) => {
      const text = readFileSync(`${folder}/${file}`, 'utf8');
      const suite = BSON.EJSON.parse(text, { relaxed: true }) as Document;
      const collection = suite.createEntities.find((entity: Document) => entity.collection)?.collection;
      return (suite.tests as Document[])
        .filter(({ operations }) => operations.some(({ name }: Document) => WRITES.has(name)))
        .map((test) => ({
          name: `${file.replace('.json', '')}: ${test.description}`,
          initialData: suite.initialData ?? [],
          collectionOptions: collection?.collectionOptions ?? {},
          operations: test.operations,
          commands: commandsOf(test.expectEvents),
          outcome: test.outcome ?? [],
          requirements: [suite.runOnRequirements, test.runOnRequirements].filter(Boolean),
        }));
    });
}

function commandsOf(expectEvents: Document[] | undefined): Document[] | undefined {
  return expectEvents?.flatMap(({ events }) =>
    events.flatMap(({ commandStartedEvent }: Document) => commandStartedEvent?.command ?? []),
  );
}

/** Why a test isn't for a standalone server of this version, or undefined. */
export function whyNotFor(version: string, { requirements }: CrudTest): string | undefined {
  const numberOf = (text: string) =>
    text.split('.').reduce((sum, part) => sum * 1000 + Number(part), 0) *
    1000 ** (3 - text.split('.').length);
  for (const alternatives of requirements) {
    const fits = alternatives.some(
      ({ minServerVersion: min = '0.0.0', maxServerVersion: max = '99.0.0', topologies = ['single'] }) =>
        numberOf(min) <= numberOf(version) &&
        numberOf(version) <= numberOf(max) &&
        topologies.includes('single'),
    );
    if (!fits) return JSON.stringify(alternatives);
  }
  return undefined;
}
