/**
 * The one door to grpc-js's transport: TCP, TLS and HTTP/2 of a client, pings, the frames of a call and what its end
 * means. grpc-js has no public name for it (its channel keeps it to itself), hence the import by path; the peer range
 * `~1.14.7` keeps it where it is, and `test/client/connection/` says what is relied upon.
 */
import type { OutgoingHttpHeaders } from "node:http2";
import type { Socket } from "node:net";
import {
  type Transport as GrpcTransport,
  Http2SubchannelConnector,
} from "@grpc/grpc-js/build/src/transport.js";
import type { Metadata, StatusCode } from "../../rpc/index.js";
import { type Address, formatAddress } from "../naming/endpoint.js";
import type { AttemptListener, Connection, ConnectionStream } from "./connection.js";

type GrpcCall = ReturnType<GrpcTransport["createCall"]>;
type GrpcListener = Parameters<GrpcTransport["createCall"]>[3];

export interface TransportOptions {
  /** Puts TLS on a socket that is connected; undefined for plaintext. */
  readonly secure: ((socket: Socket) => Promise<Socket>) | undefined;
  readonly userAgent: string;
  /** -1 for no limit. */
  readonly maxReceiveBytes: number;
  readonly flowControlWindow: number;
  /** Undefined for no pings. */
  readonly keepalive:
    | { readonly timeMs: number; readonly timeoutMs: number; readonly withoutCalls: boolean }
    | undefined;
}

/** A connection, and what its owner alone may do with it. */
export interface Transport extends Connection {
  /** Takes no new streams, and closes when those that are open have ended. */
  close(): void;
}

/** The connection is lost or going away: no new streams. `tooManyPings` if the server complained of them. */
export type DisconnectListener = (tooManyPings: boolean) => void;

/** Connects up to the server's SETTINGS. Rejects with an Error in words. Aborting ends it at whatever stage it is in. */
export async function connectTransport(
  address: Address,
  options: TransportOptions,
  signal: AbortSignal,
  onDisconnect: DisconnectListener,
): Promise<Transport> {
  // The target would become the URL of the session and the name that TLS verifies; we say both ourselves.
  const connector = new Http2SubchannelConnector({ scheme: "dns", path: "localhost" });
  const { secure } = options;
  let transport: GrpcTransport;
  try {
    transport = await connector.connect(
      abortable(address, signal) as never,
      {
        connect: async (socket) =>
          secure === undefined ? { socket, secure: false } : { socket: await secure(socket), secure: true },
        waitForReady: () => Promise.resolve(),
        getCallCredentials: () => undefined as never,
        destroy: () => undefined,
      },
      channelArguments(options),
    );
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof Error
      ? error
      : new Error(withoutTime(String(error ?? "the connection was closed")));
  }
  const connection = new GrpcConnection(transport, formatAddress(address));
  transport.addDisconnectListener((tooManyPings) => {
    connection.closed = true;
    onDisconnect(tooManyPings);
  });
  return connection;
}

/**
 * grpc-js hands the address to `net.connect` as it is, some microtasks later. A socket that is made with a signal that
 * has aborted by then would connect all the same, and nobody would know of it.
 */
function abortable(address: Address, signal: AbortSignal): object {
  return {
    ...address,
    get signal() {
      signal.throwIfAborted();
      return signal;
    },
  };
}

function channelArguments({ userAgent, maxReceiveBytes, flowControlWindow, keepalive }: TransportOptions) {
  return {
    "grpc.enable_channelz": 0,
    "grpc.primary_user_agent": userAgent,
    "grpc.max_receive_message_length": maxReceiveBytes,
    "grpc-node.flow_control_window": flowControlWindow,
    ...(keepalive !== undefined && {
      "grpc.keepalive_time_ms": keepalive.timeMs,
      "grpc.keepalive_timeout_ms": keepalive.timeoutMs,
      "grpc.keepalive_permit_without_calls": keepalive.withoutCalls ? 1 : 0,
    }),
  };
}

/** grpc-js puts the time behind each error, which the log has anyway. */
function withoutTime(text: string): string {
  return text.replace(/ \(\d{4}-\d\d-\d\dT[\d:.]+Z\)$/, "");
}

const noTracker = {};

class GrpcConnection implements Transport {
  readonly peer: string;
  closed = false;
  readonly #transport: GrpcTransport;

  constructor(transport: GrpcTransport, peer: string) {
    this.#transport = transport;
    this.peer = peer;
  }

  open(
    path: string,
    authority: string,
    headers: OutgoingHttpHeaders,
    listener: AttemptListener,
  ): ConnectionStream {
    if (this.closed) throw new Error("the connection is going away");
    // Of the metadata, grpc-js asks only for the headers.
    const metadata = { toHttp2Headers: () => headers } as unknown as Metadata;
    return new GrpcStream(
      this.#transport.createCall(metadata, authority, path, listener as GrpcListener, noTracker, 0),
    );
  }

  close(): void {
    this.closed = true;
    this.#transport.shutdown();
  }
}

class GrpcStream implements ConnectionStream {
  readonly #call: GrpcCall;

  constructor(call: GrpcCall) {
    this.#call = call;
  }

  send(frame: Buffer, written: () => void): void {
    this.#call.sendMessageWithContext({ callback: written }, frame);
  }

  halfClose(): void {
    this.#call.halfClose();
  }

  startRead(): void {
    this.#call.startRead();
  }

  cancel(code: StatusCode, details: string): void {
    this.#call.cancelWithStatus(code, details);
  }
}
