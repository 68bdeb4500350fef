/** What live tests of the calling side share: backends that stop and come back, and names that tests set. */
import { once } from "node:events";
import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type Settings,
} from "node:http2";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import {
  type ChannelOptions,
  type ConnectivityState,
  type EndpointSource,
  StaticResolver,
  staticResolver,
} from "../../../lib/client/index.js";
import { until } from "../../server/support.js";
import { type Caller, callerOf, closeLater, type ProbeClient, reply, responseHeaders } from "../support.js";

export type Answer = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** An empty message. */
export const emptyFrame = Buffer.alloc(5);

export const succeed: Answer = (stream) => {
  stream.resume();
  reply(stream, emptyFrame);
};

/** Answers with a status and nothing else. */
export function failWith(status: number, more: Record<string, string> = {}): Answer {
  return (stream) => {
    stream.resume();
    stream.respond({ ...responseHeaders, "grpc-status": String(status), ...more }, { endStream: true });
  };
}

/** Never answers. */
export const keepSilent: Answer = (stream) => void stream.resume();

/** An HTTP/2 server that counts its calls, and may go and come back under the same address. */
export class Backend {
  /** What is done with the next calls. */
  answer: Answer = succeed;
  /** Of connections to come. */
  settings: Settings = {};
  /** Cuts connections as soon as they are made. */
  rude = false;
  /** Of the calls, in the order they came. */
  readonly requests: IncomingHttpHeaders[] = [];
  /** How many connections were made so far. */
  connections = 0;
  readonly sessions = new Set<ServerHttp2Session>();
  readonly #sockets = new Set<Socket>();
  #server: Http2Server | undefined;
  #port = 0;

  static async start(answer: Answer = succeed): Promise<Backend> {
    const backend = new Backend();
    backend.answer = answer;
    await backend.restart();
    closeLater(() => backend.stop());
    return backend;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get calls(): number {
    return this.requests.length;
  }

  /** Connections that are open. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Listens, again under the same address if it did before. */
  async restart(): Promise<void> {
    const server = createServer();
    this.#server = server;
    server.on("connection", (socket: Socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => undefined);
      if (this.rude) socket.destroy();
    });
    server.on("session", (session) => {
      if (Object.keys(this.settings).length > 0) session.settings(this.settings);
      this.sessions.add(session);
      session.on("close", () => this.sessions.delete(session));
    });
    server.on("sessionError", () => undefined);
    server.on("stream", (stream, headers) => {
      stream.on("error", () => undefined);
      this.requests.push(headers);
      this.answer(stream, headers);
    });
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Accepts nobody any more, and cuts all connections. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, "close");
    server.close();
    this.cut();
    await closed;
  }

  /** Cuts all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

export function startBackends(count: number, answer?: Answer): Promise<Backend[]> {
  return Promise.all(Array.from({ length: count }, () => Backend.start(answer)));
}

export interface NamedCaller extends Caller {
  /** What the channel's name stands for. */
  readonly names: StaticResolver;
}

/** A client of `static:///fleet`, which stands for what the test says; without a list, for nothing yet. */
export function namedCaller(
  endpoints?: readonly (EndpointSource | Backend)[],
  options: ChannelOptions = {},
): NamedCaller {
  const names = new StaticResolver(endpoints?.map(sourceOf));
  const caller = callerOf("static:///fleet", {
    random: () => 0.5,
    ...options,
    resolvers: [staticResolver({ fleet: names }), ...(options.resolvers ?? [])],
  });
  return { ...caller, names };
}

export function sourceOf(entry: EndpointSource | Backend): EndpointSource {
  return entry instanceof Backend ? entry.address : entry;
}

export const addressesOf = (backends: readonly Backend[]): string[] => backends.map(({ address }) => address);

/** How many of so many calls, one after the other, each backend got. */
export async function countsOf(
  backends: readonly Backend[],
  client: ProbeClient,
  calls: number,
): Promise<number[]> {
  const before = backends.map((backend) => backend.calls);
  for (let i = 0; i < calls; i++) await client.one({}, { waitForReady: true });
  return backends.map((backend, i) => backend.calls - before[i]!);
}

/** All states of a channel, from now on. */
export function statesOf({ channel }: Caller): ConnectivityState[] {
  const states: ConnectivityState[] = [];
  const subscription = channel.connectivity.subscribe((state) => states.push(state));
  closeLater(() => subscription.unsubscribe());
  return states;
}

/** Waits until every one of so many subchannels is READY. */
export function untilReady({ channel }: Caller, count: number): Promise<void> {
  return until(
    () => channel.inspect().subchannels.filter(({ state }) => state === "READY").length === count,
    `${count} connections are READY`,
  );
}

/** Accepts connections, and says nothing. */
export async function startDeafServer(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closeLater(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
