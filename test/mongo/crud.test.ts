import { BSON, type Collection, type CommandStartedEvent, type Document, MongoClient } from 'mongodb';
import { afterAll, expect, it } from 'vitest';
import { type BulkItem, batchDbOperation, type DbOutcome } from '../../src/main/mongo.js';
import { describeWithCorpora } from '../helpers/corpora.js';
import { type CrudTest, crudTests, whyNotFor } from '../helpers/crud-tests.js';
import { describeWithMongo } from '../helpers/mongo.js';
import { matches } from '../helpers/unified-match.js';

/** What an operation came to: counts, and the first error. */
interface Result {
  counts: Document;
  error?: { code: unknown; isClients: boolean } | undefined;
}
/** Makes an operation of a test. */
type Way = (collection: Collection, name: string, given: Document) => Promise<Result>;

/** By the functions of Millrace. */
const ours: Way = async (collection, name, given) => {
  const {
    requests,
    ordered = true,
    comment,
    let: variables,
    bypassDocumentValidation,
    rawData: _,
    documents,
    ...item
  } = given;
  const items = (requests ??
    documents?.map((document: Document) => ({ insertOne: { document } })) ?? [
      { [name]: item },
    ]) as BulkItem[];
  const commandOptions = Object.fromEntries(
    Object.entries({ comment, let: variables, bypassDocumentValidation }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  const options = { collection, ordered, commandOptions };
  try {
    const outcome =
      documents === undefined
        ? await batchDbOperation({ ...options, operation: 'bulkWrite', items })
        : await batchDbOperation({ ...options, operation: 'insertMany', items: documents as Document[] });
    const [rejection] = outcome.rejections;
    const error = rejection && { code: rejection.code, isClients: typeof rejection.code === 'string' };
    return { counts: countsOf(outcome), error };
  } catch (thrown) {
    const { code, cause } = thrown as { code?: unknown; cause?: { code?: unknown } };
    const isClients = code === 'MILLRACE_INVALID_ARGUMENT';
    return { counts: {}, error: { code: cause?.code ?? code, isClients } };
  }
};

/** By the driver alone: what it doesn't manage either is no matter of ours. */
const drivers: Way = async (
  collection,
  name,
  { requests, document, documents, filter, update, replacement, ...options },
) => {
  const first = [requests, documents, document, filter].find((argument) => argument !== undefined);
  const second = update ?? replacement;
  const call = (collection as unknown as Record<string, (...args: unknown[]) => Promise<Document>>)[name]!;
  try {
    return {
      counts: await call.apply(collection, [first, ...(second === undefined ? [] : [second]), options]),
    };
  } catch (thrown) {
    const { code, result, name: kind } = thrown as { code?: unknown; result?: Document; name: string };
    return { counts: result ?? {}, error: { code, isClients: !/Server|BulkWrite/.test(kind) } };
  }
};

function countsOf({ inserted, matched, modified, upserted, deleted }: DbOutcome): Document {
  return {
    insertedCount: inserted,
    matchedCount: matched,
    modifiedCount: modified,
    upsertedCount: upserted,
    deletedCount: deleted,
  };
}

/** Tests that are not passed by Millrace though the server may do what they ask for, and why. There is nothing else. */
const EXPLAINED: readonly [RegExp, string][] = [
  [
    /[Uu]nacknowledged/,
    'by design: a write concern of w: 0 is refused, since nobody would know what became of the items',
  ],
  [/rawData/, 'there is no option rawData, which servers take from 8.2 on'],
  [
    /^bulkWrite-update-hint: BulkWrite update(One|Many) with update hints/,
    'by design: on FerretDB updates that must not be done twice go alone, since it does not say which of a command failed',
  ],
];

describeWithCorpora('MongoDB’s own CRUD tests', () => {
  describeWithMongo('on this server', ({ uri, db }) => {
    const client = new MongoClient(uri, { monitorCommands: true, retryWrites: false });
    const started: Document[] = [];
    client.on('commandStarted', ({ commandName, command }: CommandStartedEvent) => {
      if (/^(insert|update|delete)$/.test(commandName)) started.push(command);
    });
    afterAll(() => client.close());

    /** Why a test fails in this way, or undefined if it passes. */
    async function failure(test: CrudTest, way: Way): Promise<string | undefined> {
      const names = new Map<string, string>();
      const rename = (name: string) => {
        const known = names.get(name) ?? `crud${counter++}`;
        names.set(name, known);
        return known;
      };
      for (const { collectionName: name, documents } of test.initialData)
        if (documents.length > 0) await db.collection(rename(name)).insertMany(documents);
      const collection = client.db(db.databaseName).collection(rename(nameIn(test)), test.collectionOptions);
      started.length = 0;
      for (const { name, arguments: given, expectResult, expectError } of test.operations) {
        if (name === 'countDocuments') continue;
        if (name === 'failPoint') return 'the server has no fail points';
        const { counts, error } = await way(collection as Collection, name, given);
        const problem = problemOf(counts, error, expectResult, expectError);
        if (problem !== undefined) return problem;
      }
      const { commands } = test;
      if (commands !== undefined && way === ours) {
        const sent = started.map((command) => renamed(command, test));
        if (sent.length !== commands.length || !sent.every((command, i) => matches(commands[i], command)))
          return `sent ${BSON.EJSON.stringify(sent)}`;
      }
      for (const { collectionName: name, documents } of test.outcome) {
        const stored = await db.collection(rename(name)).find().sort({ _id: 1 }).toArray();
        if (!matches(documents, stored, false)) return `stored ${BSON.EJSON.stringify(stored)}`;
      }
      return undefined;
    }

    it('pass, or the driver alone doesn’t pass them either', { timeout: 300_000 }, async () => {
      const { version, ferretdbVersion } = await db.command({ buildInfo: 1 });
      const lists = {
        passed: [] as string[],
        server: [] as string[],
        version: [] as string[],
        ours: [] as string[],
      };
      for (const test of crudTests()) {
        if (whyNotFor(version, test) !== undefined) lists.version.push(test.name);
        else {
          const why = await failure(test, ours);
          const reason = EXPLAINED.find(([pattern]) => pattern.test(test.name))?.[1];
          if (why === undefined) lists.passed.push(test.name);
          else if (reason !== undefined) lists.ours.push(`${test.name} – ${reason}`);
          else {
            const sentAsAskedFor =
              started.length === 0 || matches(test.commands?.[0] ?? {}, renamed(started[0]!, test));
            const alone = await failure(test, drivers);
            if (alone !== undefined && !sentAsAskedFor)
              lists.ours.push(`${test.name} – UNEXPLAINED: sent otherwise`);
            else if (alone !== undefined) lists.server.push(`${test.name} – ${alone}`);
            else lists.ours.push(`${test.name} – UNEXPLAINED: ${why}`);
          }
        }
      }
      const section = (title: string, list: string[]) => [
        `## ${title}: ${list.length}`,
        '',
        ...list.map((line) => `- ${line}`),
        '',
      ];
      const report = [
        ...section('Passed', lists.passed),
        ...section('The server can’t, with the driver alone neither', lists.server),
        ...section('Not passed by Millrace', lists.ours),
        ...section('For other versions and topologies of the server', lists.version),
      ].join('\n');
      expect(lists.ours.filter((line) => line.includes('UNEXPLAINED'))).toEqual([]);
      expect(lists.passed.length).toBeGreaterThan(60);
      if (ferretdbVersion !== undefined) await expect(report).toMatchFileSnapshot('./crud.md');
    });
  });
});

let counter = 0;

const nameIn = ({ initialData: [first] }: CrudTest): string => first?.collectionName ?? 'coll';

/** A command with the collection's name as the test has it. */
function renamed(command: Document, test: CrudTest): Document {
  return { ...command, [Object.keys(command)[0]!]: nameIn(test) };
}

const CODES: Record<number, string> = { 2: 'BadValue', 14: 'TypeMismatch', 238: 'NotImplemented' };

function problemOf(
  counts: Document,
  error: Result['error'],
  expectResult: Document | undefined,
  expectError: Document | undefined,
): string | undefined {
  if ((error !== undefined) !== (expectError !== undefined))
    return error === undefined
      ? 'there is no error'
      : `there is an error, ${String(error.code)} ${CODES[Number(error.code)] ?? ''}`.trimEnd();
  if (expectError?.errorCode !== undefined && expectError.errorCode !== error?.code)
    return `the error has the code ${String(error?.code)}`;
  if (expectError?.isClientError !== undefined && expectError.isClientError !== error?.isClients)
    return `the error is the ${error?.isClients ? 'client' : 'server'}'s, ${String(error?.code)}`;
  const expected = expectError?.expectResult ?? expectResult?.$$unsetOrMatches ?? expectResult ?? {};
  for (const [name, value] of Object.entries(expected))
    if (
      name.endsWith('Count') &&
      typeof value === 'number' &&
      counts[name] !== undefined &&
      counts[name] !== value
    )
      return `${name} is ${counts[name]}`;
  return undefined;
}
