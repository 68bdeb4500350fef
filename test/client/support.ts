/** What tests of the calling side share: servers of any behaviour, and clients of `grebe.test.Probe` for them. */
import { once } from "node:events";
import { createServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from "node:net";
import { after } from "node:test";
import {
  type Channel,
  type ChannelOptions,
  type Client,
  type ClientOptions,
  createChannel,
  createClient,
} from "../../lib/client/index.js";
import { StatusError } from "../../lib/rpc/index.js";
import { Probe } from "../generated/probe.js";

export type ProbeClient = Client<typeof Probe>;

export interface Caller {
  readonly channel: Channel;
  readonly client: ProbeClient;
}

const closers: (() => unknown)[] = [];

/** Say it at the top of a test file: what these helpers open is closed when its tests are over. */
export function closeAtEnd(): void {
  after(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
}

/** Closes something of the test's own at the end, before what was opened earlier. */
export function closeLater(close: () => unknown): void {
  closers.push(close);
}

/** A client of one address, or target; closed at the end. */
export function callerOf(
  address: string,
  options: ChannelOptions = {},
  clientOptions: ClientOptions = {},
): Caller {
  const channel = createChannel(/^\w+:\/|^unix:/.test(address) ? address : `static:///${address}`, options);
  closers.push(() => channel.close());
  return { channel, client: createClient(Probe, channel, clientOptions) };
}

/** The status that a call fails with. */
export async function failureOf(call: PromiseLike<unknown> | AsyncIterable<unknown>): Promise<StatusError> {
  try {
    if (Symbol.asyncIterator in call) for await (const _ of call);
    else await call;
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw new Error(`failed with ${String(error)}, no StatusError`, { cause: error });
  }
  throw new Error("the call should have failed");
}

/** A raw HTTP/2 server in plaintext. */
export async function startHttp2(
  answer: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
): Promise<{ readonly server: Http2Server; readonly address: string; close(): void }> {
  const server = createServer();
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
  });
  server.on("stream", (stream, headers) => {
    stream.on("error", () => undefined);
    answer(stream, headers);
  });
  server.on("sessionError", () => undefined);
  const address = await listen(server as unknown as Server);
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  closers.push(close);
  return { server, address, close };
}

/** Headers of a response with gRPC's type. */
export const responseHeaders = { ":status": 200, "content-type": "application/grpc" };

/** Answers with one message, and a status. */
export function reply(stream: ServerHttp2Stream, frame: Buffer, trailers: Record<string, string> = {}): void {
  stream.respond(responseHeaders, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0", ...trailers }));
  stream.end(frame);
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/**
 * Stands between a client and a server, and misbehaves when told: holds bytes back as a dead peer would, cuts
 * connections, refuses them.
 */
export class FaultyProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #target: string;
  #silent = false;
  connections = 0;

  private constructor(target: string) {
    this.#target = target;
    this.#server = createTcpServer((inbound) => this.#accept(inbound));
  }

  static async start(target: string): Promise<FaultyProxy & { readonly address: string }> {
    const proxy = new FaultyProxy(target);
    const address = await listen(proxy.#server);
    closers.push(() => proxy.close());
    return Object.assign(proxy, { address });
  }

  #accept(inbound: Socket): void {
    this.connections += 1;
    const [host, port] = this.#target.split(":");
    const outbound = connect(Number(port), host);
    for (const [from, to] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      this.#sockets.add(from);
      from.on("data", (bytes) => {
        if (!this.#silent) to.write(bytes);
      });
      from.on("error", () => undefined);
      from.on("close", () => {
        this.#sockets.delete(from);
        if (!this.#silent) to.destroy();
      });
    }
  }

  /** From now on nothing comes through, and nobody is told. */
  silence(silent = true): void {
    this.#silent = silent;
  }

  /** Cuts one connection. */
  cutOne(): void {
    for (const socket of this.#sockets) {
      socket.destroy();
      return;
    }
  }

  /** Cuts all connections; new ones are accepted. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}
