import type { Http2Server, ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { Server } from "@grpc/grpc-js";
import type { Wire } from "./call-context.js";
import { type ConnectionOptions, ServerConnection } from "./connection.js";

/**
 * The connections of a listener. grpc-js keeps the HTTP/2 servers below it in a field, and the stream below a call in
 * another; there is no other way to see their sessions. Without these fields connections are not limited, and a
 * warning of the process says so.
 */
export class Connections {
  readonly #bySession = new WeakMap<object, ServerConnection>();

  /** Call it when the server has its injector. */
  constructor(server: Server, options: ConnectionOptions) {
    const below = http2ServersOf(server);
    if (below === undefined) {
      process.emitWarning(
        "this version of @grpc/grpc-js does not show its sessions: the age, idleness and pings of connections are not limited",
        { code: "GREBE_SESSIONS_HIDDEN" },
      );
      return;
    }
    for (const http2Server of below) {
      http2Server.on("session", (session: ServerHttp2Session) => {
        this.#bySession.set(session, new ServerConnection(session, options));
      });
    }
  }

  /** The connection that a call came by. */
  of(wire: Wire): ServerConnection | undefined {
    const { stream } = wire as unknown as { readonly stream?: ServerHttp2Stream };
    const session = stream?.session;
    return session === undefined ? undefined : this.#bySession.get(session);
  }
}

function http2ServersOf(server: Server): readonly Http2Server[] | undefined {
  const { http2Servers } = server as unknown as { readonly http2Servers?: unknown };
  if (!(http2Servers instanceof Map) || http2Servers.size === 0) return undefined;
  const found: unknown[] = [...http2Servers.keys()];
  const usable = found.every((each) => typeof (each as Partial<Http2Server>).on === "function");
  return usable ? (found as Http2Server[]) : undefined;
}
