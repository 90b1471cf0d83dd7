import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket, connect as tcpConnect } from 'node:net';
import type { Document } from 'mongodb';
import { documentOf, type Frame, FrameReader, replyTo } from './wire-frames.js';

/** What becomes of a command. */
export type WireAction =
  /** It goes on when the promise ends. */
  | { readonly do: 'delay'; readonly until: Promise<unknown> }
  /** It doesn't reach the server, and the connection is cut. */
  | { readonly do: 'cut' }
  /** The server does it, but instead of its reply the connection is cut. */
  | { readonly do: 'dropReply' }
  /** The server does it, and its reply never comes; the connection stays open. */
  | { readonly do: 'keepReply' }
  /** It doesn't reach the server; this is the reply. */
  | { readonly do: 'reply'; readonly document: Document }
  /** The server does it, and its reply is changed. */
  | { readonly do: 'amend'; readonly change: (reply: Document) => Document };

/** A command as it comes by. */
export interface WireCommand {
  /** As the server knows it: `insert`, `find`, `hello`, … */
  readonly name: string;
  /** So many of this name came by so far, this one included. */
  readonly nth: number;
  readonly body: Document;
}

/**
 * Stands between a client and a MongoDB server, and lets commands through, or not, as a rule says that sees their names and
 * how many came before. What no rule concerns is forwarded.
 */
export class WireProxy implements AsyncDisposable {
  /** Decides about each command. Default: all are forwarded. */
  rule: (command: WireCommand) => WireAction | undefined = () => undefined;
  /** The commands that came by, without those that drivers send of themselves. */
  readonly commands: WireCommand[] = [];
  private readonly counts = new Map<string, number>();
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {}

  static async start(uri: string): Promise<WireProxy> {
    const server = createServer();
    const proxy = new WireProxy(server, new URL(uri));
    server.on('connection', (client) => proxy.join(client));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get uri(): string {
    return `mongodb://${this.address}/?directConnection=true`;
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** How many clients are connected. */
  get connections(): number {
    return this.sockets.size / 2;
  }

  /** How many commands of this name came by. */
  count(name: string): number {
    return this.counts.get(name) ?? 0;
  }

  /** The `nth` command of this name has that done to it; all others are forwarded. */
  on(name: string, nth: number, action: WireAction): void {
    const { rule } = this;
    this.rule = (command) => (command.name === name && command.nth === nth ? action : rule(command));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(client: Socket): void {
    const server = tcpConnect(Number(this.target.port), this.target.hostname);
    const waiting = new Map<number, { request: Frame; action: WireAction }>();
    const cut = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', cut).on('close', () => {
        this.sockets.delete(socket);
        cut();
      });
    }
    const requests = new FrameReader();
    client.on('data', (chunk) => {
      for (const frame of requests.push(chunk)) {
        const action = this.decide(frame);
        if (action?.do === 'cut') return cut();
        if (action?.do === 'reply') client.write(replyTo(frame, action.document));
        else if (action?.do === 'delay') void action.until.then(() => server.write(frame.bytes));
        else {
          if (action !== undefined) waiting.set(frame.requestId, { request: frame, action });
          server.write(frame.bytes);
        }
      }
    });
    const replies = new FrameReader();
    server.on('data', (chunk) => {
      for (const frame of replies.push(chunk)) {
        const { request, action } = waiting.get(frame.responseTo) ?? {};
        if (action?.do === 'dropReply') return cut();
        if (action?.do === 'keepReply') continue;
        if (action?.do === 'amend') client.write(replyTo(request!, action.change(documentOf(frame))));
        else client.write(frame.bytes);
      }
    });
  }

  private decide(frame: Frame): WireAction | undefined {
    const body = documentOf(frame);
    const [name = ''] = Object.keys(body);
    const nth = this.count(name) + 1;
    this.counts.set(name, nth);
    const command = { name, nth, body };
    if (!OF_DRIVERS.has(name)) this.commands.push(command);
    return this.rule(command);
  }
}

const OF_DRIVERS = new Set(['hello', 'ismaster', 'isMaster', 'ping', 'endSessions', 'buildInfo']);
