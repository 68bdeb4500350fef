import { chmodSync, statSync, unlinkSync } from "node:fs";
import { connect, createServer, type Server as NetServer, type Socket } from "node:net";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { StartupError } from "../rpc/index.js";
import type { Schema } from "../schema/index.js";
import type { CallHost, ServerCall } from "./call.js";
import { createTakeover, registerPaths } from "./dispatch.js";
import {
  defaultLimits,
  formatHostPort,
  formatListener,
  type Listener,
  type ListenerLimits,
} from "./listener.js";
import type { FailureListener, ServedMethod } from "./served-method.js";
import { createTlsCredentials, type SecureServerOptions } from "./tls.js";

type Injector = ReturnType<Server["createConnectionInjector"]>;

/** The client preface and the first frame's header: fewer bytes are no HTTP/2. */
const HTTP2_PREFACE_BYTES = 24;

/** What all listeners serve. */
export interface Service {
  readonly methods: readonly ServedMethod[];
  /** They know the types of error details; `google.rpc` is always known. */
  readonly schemas?: readonly Schema[];
  readonly onFailure: FailureListener;
}

/**
 * One listener at work. The sockets are ours and are injected into grpc-js: its own binding cannot be repeated after
 * a failure, and its shutdown cannot close connections that never spoke.
 */
export class Endpoint {
  readonly listener: Listener;
  readonly calls = new Set<ServerCall>();
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

  constructor(listener: Listener, { methods, schemas = [], onFailure }: Service) {
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
    const serverOptions = this.#shareServerOptions();
    this.#injector = this.#server.createConnectionInjector(
      tls === undefined
        ? ServerCredentials.createInsecure()
        : createTlsCredentials(tls, serverOptions, this.#address),
    );
    this.#acceptor = createServer((socket) => this.#accept(socket));
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
    if (listener.kind === "unix") await removeStaleSocket(listener.path);
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: NodeJS.ErrnoException): void => reject(toStartupError(error, listener));
      this.#acceptor.once("error", refuse);
      const bound = (): void => {
        this.#acceptor.off("error", refuse);
        // Failures to accept (no file descriptors left) concern one connection, not the process.
        this.#acceptor.on("error", () => undefined);
        resolve();
      };
      try {
        if (listener.kind === "unix") this.#acceptor.listen(listener.path, bound);
        else this.#acceptor.listen(listener.options.port, listener.options.host ?? "127.0.0.1", bound);
      } catch (error) {
        refuse(error as NodeJS.ErrnoException);
      }
    });
    const address = this.#acceptor.address();
    if (typeof address === "object" && address !== null)
      this.#address = formatHostPort(address.address, address.port);
    if (listener.kind === "unix" && listener.options.mode !== undefined)
      chmodSync(listener.path, listener.options.mode);
  }

  /** Accepts no further connections and tells open calls; those on open connections go on. */
  drain(): void {
    this.#draining = true;
    this.#acceptor.close();
    for (const call of this.calls) call.tellDraining();
    // The injector's own time limit would start here too; ours is kept by whoever calls `close`.
    this.#injector.drain(2 ** 31 - 1);
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

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    const handshake = setTimeout(() => {
      if (socket.bytesRead < HTTP2_PREFACE_BYTES) socket.destroy();
    }, this.#limits.handshakeTimeoutMs);
    handshake.unref();
    socket.once("close", () => {
      clearTimeout(handshake);
      this.#sockets.delete(socket);
      if (this.#sockets.size === 0) this.#onClosed?.();
    });
    // A reset by the peer reaches the calls of the session; here it only must not be unheard.
    socket.on("error", () => undefined);
    socket.setNoDelay(true);
    this.#injector.injectConnection(socket);
  }

  /**
   * HTTP/2 settings that grpc-js has no option for. It keeps the options of the HTTP/2 server in a field, which is
   * the only way to the size of request headers on plaintext listeners.
   */
  #shareServerOptions(): SecureServerOptions {
    const shared = (this.#server as unknown as { commonServerOptions: SecureServerOptions })
      .commonServerOptions;
    shared.settings = { ...shared.settings, maxHeaderListSize: this.#limits.maxMetadataBytes };
    return { handshakeTimeout: this.#limits.handshakeTimeoutMs };
  }
}

function completeLimits(given: ListenerLimits, where: string): Required<ListenerLimits> {
  const limits = { ...defaultLimits };
  for (const key of Object.keys(defaultLimits) as (keyof ListenerLimits)[]) {
    const value = given[key];
    if (value === undefined) continue;
    const unlimited = value === -1 && (key === "maxReceiveBytes" || key === "maxSendBytes");
    if (!unlimited && !(Number.isSafeInteger(value) && value > 0)) {
      throw StartupError.of(
        "BAD_OPTION",
        `listener ${where}: ${key} must be a positive whole number, got ${value}.`,
      );
    }
    limits[key] = value;
  }
  return limits;
}

/** A socket file whose process is gone blocks the path; one that answers is in use. */
async function removeStaleSocket(path: string): Promise<void> {
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
    case "ENOENT":
      return StartupError.of(
        "BAD_ADDRESS",
        `listener ${where}: the folder of the socket does not exist. Create it.`,
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
