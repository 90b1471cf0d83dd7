import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Collection, MongoClient } from 'mongodb';
import { errorMessage, MillraceError } from '../../shared/errors.js';
import type { GraphDatabase } from '../mongo/graph-database.js';
import { loadDriver } from '../mongo/load-driver.js';
import { graceAfter, untilAborted } from '../mongo/until-aborted.js';
import { interrupted, UsageError } from './program.js';

/** A collection by its full name. */
export interface Namespace {
  readonly database: string;
  readonly collection: string;
}

/** Parses `talks.chunks`: the first dot ends the name of the database. */
export function namespace(text: string): Namespace {
  const [, database, collection] = /^([^.]+)\.(.+)$/s.exec(text) ?? [];
  if (database !== undefined && collection !== undefined) return { database, collection };
  throw new InvalidArgumentError('Expected a database and a collection, such as talks.chunks.');
}

export const uriOption = () =>
  new Option('--uri <uri>', 'the server, with user and password if it wants them (default: MONGODB_URI)');

export const mongoOption = (what: string) =>
  new Option('--mongo <uri>', `${what}: its database, else millrace`);

/** Adds what copying and comparing have in common: a source and a target, which may be on another server. */
export function addSourceAndTarget(command: Command): Command {
  return command
    .requiredOption('--source <db.collection>', 'the collection to read', namespace)
    .requiredOption('--target <db.collection>', 'the collection beside it', namespace)
    .addOption(uriOption())
    .option('--target-uri <uri>', 'the server of the target (default: that of the source)');
}

export interface SourceAndTarget {
  source: Namespace;
  target: Namespace;
  uri?: string;
  targetUri?: string;
}

/** Clients of a command, closed at its end. */
export class Connections implements AsyncDisposable {
  private readonly clients = new Map<string, MongoClient>();

  /** Not connected yet: see `open`. @throws UsageError without a URI; MillraceError `MILLRACE_CALL_FAILED` for one that is none */
  async collection(uri: string | undefined, { database, collection }: Namespace): Promise<Collection> {
    const given = uri ?? process.env.MONGODB_URI;
    if (!given) throw new UsageError('no server: expected --uri or MONGODB_URI');
    return (await this.client(given)).db(database).collection(collection);
  }

  /** The graph in the database that a URI names, else in `millrace`. */
  async graph(uri: string | undefined): Promise<GraphDatabase | undefined> {
    if (uri === undefined) return undefined;
    if (uri === '') throw new UsageError('--mongo: expected a URI, received an empty text');
    const { GraphDatabase } = await import('../mongo/graph-database.js');
    const [, name = 'millrace'] = /^[^:]+:\/\/[^/]+\/([^?]+)/.exec(uri) ?? [];
    const client = await this.client(uri);
    await this.open();
    return GraphDatabase.open(client.db(decodeURIComponent(name)), interrupted);
  }

  private async client(uri: string): Promise<MongoClient> {
    const client = this.clients.get(uri) ?? (await clientOf(uri));
    this.clients.set(uri, client);
    return client;
  }

  /** Connects. @throws MillraceError `MILLRACE_CALL_FAILED` if a server can't be reached */
  async open(): Promise<void> {
    for (const [uri, client] of this.clients) {
      await untilAborted(client.connect(), interrupted).catch((cause) => {
        interrupted.throwIfAborted();
        throw noConnection(uri, cause);
      });
    }
  }

  async both({
    source,
    target,
    uri,
    targetUri,
  }: SourceAndTarget): Promise<{ source: Collection; target: Collection }> {
    return {
      source: await this.collection(uri, source),
      target: await this.collection(targetUri ?? uri, target),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The driver says goodbye to its server, and would wait for the answer.
    const late = graceAfter(interrupted);
    for (const client of this.clients.values()) await untilAborted(client.close(), late).catch(() => {});
  }
}

async function clientOf(uri: string): Promise<MongoClient> {
  const { MongoClient } = await loadDriver('millrace mongo');
  const patience = uri.includes('serverSelectionTimeoutMS') ? {} : { serverSelectionTimeoutMS: 10_000 };
  try {
    return new MongoClient(uri, { appName: 'millrace', ...patience });
  } catch (cause) {
    throw noConnection(uri, cause);
  }
}

/** The URI may hold a password: it isn't named. */
function noConnection(uri: string, cause: unknown): MillraceError {
  const problem = errorMessage(cause).replaceAll(uri, 'the URI');
  return new MillraceError('MILLRACE_CALL_FAILED', `no connection to the server: ${problem}`, { cause });
}
