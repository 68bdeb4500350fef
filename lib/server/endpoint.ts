import { chmodSync, existsSync, statSync, unlinkSync } from "node:fs";
import type { ServerOptions } from "node:http2";
import { connect, createServer, type Server as NetServer, type Socket } from "node:net";
import { dirname } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { type Clock, type Random, StartupError, systemClock, systemRandom } from "../rpc/index.js";
import type { Schema } from "../schema/index.js";
import type { CallHost, ServerCall } from "./call.js";
import { Connections } from "./connections.js";
import { createTakeover, registerPaths } from "./dispatch.js";
import { formatHostPort, formatListener, type Listener, type ListenerLimits } from "./listener.js";
import { completeLimits } from "./listener-check.js";
import { OpenCalls } from "./open-calls.js";
import type { FailureListener, ServedMethod } from "./served-method.js";
import { readTlsOptions } from "./tls.js";

type Injector = ReturnType<Server["createConnectionInjector"]>;

/** The client preface and the first frame's header: fewer bytes are no HTTP/2. */
const HTTP2_PREFACE_BYTES = 24;

/** What all listeners serve. */
export interface Service {
  readonly methods: readonly ServedMethod[];
  /** They know the types of error details; `google.rpc` is always known. */
  readonly schemas?: readonly Schema[];
  readonly onFailure: FailureListener;
  readonly clock?: Clock;
  /** For the age of connections. */
  readonly random?: Random;
}

/**
 * One listener at work. The sockets are ours, TLS included, and are injected into grpc-js: its own binding cannot be
 * repeated after a failure, its shutdown cannot close connections that never spoke, and its TLS has no limit for them.
 */
export class Endpoint {
  readonly listener: Listener;
  readonly calls = new OpenCalls<ServerCall>();
  /** Called at the end of calls while somebody waits for the last one. */
  onIdle: (() => void) | undefined;
  readonly #server: Server;
  readonly #injector: Injector;
  readonly #acceptor: NetServer;
  readonly #sockets = new Set<Socket>();
  readonly #limits: Required<ListenerLimits>;
  #draining = false;
  #onClosed: (() => void) | undefined;
  #address: string;

  constructor(listener: Listener, service: Service) {
    const { methods, schemas = [], onFailure, clock = systemClock, random = systemRandom } = service;
    this.listener = listener;
    this.#address = formatListener(listener);
    this.#limits = completeLimits(listener.options, this.#address);
    const tls = listener.kind === "tcp" ? listener.options.tls : undefined;
    const host: CallHost = {
      secure: tls !== undefined,
      asksCertificates: tls?.clientCertificate === "request" || tls?.clientCertificate === "require",
      localName: this.#address,
      maxSendBytes: this.#limits.maxSendBytes,
      calls: this.calls,
      onCallEnd: () => this.onIdle?.(),
      connectionOf: (wire) => connections.of(wire),
      isDraining: () => this.#draining,
      schemas,
      onFailure,
    };
    this.#server = new Server({
      "grpc.max_receive_message_length": this.#limits.maxReceiveBytes,
      "grpc.max_concurrent_streams": this.#limits.maxConcurrentStreams,
      "grpc.keepalive_time_ms": this.#limits.pingIntervalMs,
      "grpc.keepalive_timeout_ms": this.#limits.pingTimeoutMs,
      "grpc.enable_channelz": 0,
      interceptors: [createTakeover(methods, host)],
    });
    registerPaths(this.#server, methods);
    limitMetadata(this.#server, this.#limits.maxMetadataBytes);
    this.#injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
    const connections = new Connections(this.#server, { limits: this.#limits, clock, random });
    const handshakeTimeout = this.#limits.handshakeTimeoutMs;
    this.#acceptor =
      tls === undefined
        ? createServer()
        : createTlsServer({ ...readTlsOptions(tls, this.#address), handshakeTimeout });
    this.#acceptor.on("connection", (socket: Socket) => this.#track(socket));
    // Node tells that a handshake took too long or failed, and leaves the connection open.
    this.#acceptor.on("tlsClientError", (_error: Error, socket: Socket) => socket.destroy());
    if (tls === undefined) this.#acceptor.on("connection", (socket: Socket) => this.#speak(socket));
    else {
      // The same connection again: what HTTP/2 is spoken on.
      this.#acceptor.on("secureConnection", (socket: Socket) => {
        this.#track(socket);
        // A handshake may end when the server is already closing.
        if (this.#draining) socket.destroy();
        else this.#speak(socket);
      });
    }
  }

  /** `host:port` as it is bound, or `unix:path`. */
  get address(): string {
    return this.#address;
  }

  /** Undefined for Unix sockets. */
  get port(): number | undefined {
    const address = this.#acceptor.address();
    return typeof address === "object" && address !== null ? address.port : undefined;
  }

  /** Throws a {@link StartupError} PORT_IN_USE or BAD_ADDRESS. */
  async listen(): Promise<void> {
    const { listener } = this;
    try {
      if (listener.kind === "unix") await clearPath(listener.path);
      await this.#bind();
      if (listener.kind === "unix" && listener.options.mode !== undefined)
        chmodSync(listener.path, listener.options.mode);
    } catch (error) {
      throw error instanceof StartupError ? error : toStartupError(error as NodeJS.ErrnoException, listener);
    }
    const address = this.#acceptor.address();
    if (typeof address === "object" && address !== null)
      this.#address = formatHostPort(address.address, address.port);
  }

  #bind(): Promise<void> {
    const { listener } = this;
    return new Promise((resolve, reject) => {
      this.#acceptor.once("error", reject);
      const bound = (): void => {
        this.#acceptor.off("error", reject);
        // Failures to accept (no file descriptors left) concern one connection, not the process.
        this.#acceptor.on("error", () => undefined);
        resolve();
      };
      if (listener.kind === "unix") this.#acceptor.listen(listener.path, bound);
      else this.#acceptor.listen(listener.options.port, listener.options.host ?? "127.0.0.1", bound);
    });
  }

  /** Accepts no further connections and tells open calls; those on open connections go on. */
  drain(): void {
    this.#draining = true;
    this.#acceptor.close();
    for (const call of this.calls) call.tellDraining();
    // Despite its name, what gRPC calls graceful: GOAWAY. Its `drain` would leave a timer behind.
    this.#injector.destroy();
    for (const socket of this.#sockets) if (!hasSpoken(socket)) socket.destroy();
  }

  /** Calls back when no connection is left; after {@link drain}, each closes behind the last bytes of its calls. */
  whenClosed(callback: () => void): void {
    this.#onClosed = callback;
    if (this.#sockets.size === 0) callback();
  }

  /** Closes what is left. */
  close(): void {
    this.#acceptor.close();
    this.#injector.destroy();
    for (const socket of this.#sockets) socket.destroy();
    this.#server.forceShutdown();
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size === 0) this.#onClosed?.();
    });
    // A reset by the peer reaches the calls of the session; here it only must not be unheard.
    socket.on("error", () => undefined);
    socket.setNoDelay(true);
  }

  #speak(socket: Socket): void {
    const preface = setTimeout(() => {
      if (!hasSpoken(socket)) socket.destroy();
    }, this.#limits.handshakeTimeoutMs);
    preface.unref();
    socket.once("close", () => clearTimeout(preface));
    this.#injector.injectConnection(socket);
  }
}

function hasSpoken(socket: Socket): boolean {
  return socket.bytesRead >= HTTP2_PREFACE_BYTES;
}

/**
 * A setting of HTTP/2 that grpc-js has no option for. It keeps those of its HTTP/2 server in a field, which is the only
 * way to the size of request headers.
 */
function limitMetadata(server: Server, maxHeaderListSize: number): void {
  const { commonServerOptions } = server as unknown as { commonServerOptions: ServerOptions };
  commonServerOptions.settings = { ...commonServerOptions.settings, maxHeaderListSize };
}

/** A socket file whose process is gone blocks the path; one that answers is in use. */
async function clearPath(path: string): Promise<void> {
  // Node would say that access was denied.
  if (!existsSync(dirname(path))) {
    throw StartupError.of(
      "BAD_ADDRESS",
      `listener unix:${path}: the folder of the socket does not exist. Create it.`,
    );
  }
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isSocket()) {
    throw StartupError.of(
      "BAD_ADDRESS",
      `listener unix:${path}: the path exists and is no socket. Choose another one.`,
    );
  }
  const alive = await new Promise<boolean>((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
  if (alive) {
    throw StartupError.of(
      "PORT_IN_USE",
      `listener unix:${path}: another process listens there. Stop it or choose another path.`,
    );
  }
  unlinkSync(path);
}

function toStartupError(error: NodeJS.ErrnoException, listener: Listener): StartupError {
  const where = formatListener(listener);
  const options = { cause: error };
  switch (error.code) {
    case "EADDRINUSE":
      return StartupError.of(
        "PORT_IN_USE",
        `listener ${where}: another process listens there. Stop it, or choose another port (0 takes any free one).`,
        options,
      );
    case "EACCES":
      return StartupError.of(
        "BAD_ADDRESS",
        `listener ${where}: this process may not listen there. Ports below 1024 and foreign folders need privileges.`,
        options,
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return StartupError.of(
        "BAD_ADDRESS",
        `listener ${where}: this machine has no such address. Use "127.0.0.1", "0.0.0.0" or "::".`,
        options,
      );
    default:
      return StartupError.of("BAD_ADDRESS", `listener ${where}: ${error.message}.`, options);
  }
}
