/** A bare grpc-js client for Atlas: what any peer would see. */
import { Client, type ClientDuplexStream, credentials, Metadata, type StatusObject } from "@grpc/grpc-js";
import { formatStatusCode } from "grebe";
import { decodeStatusDetails } from "grebe/schema";
import { Atlas, type AtlasMethods } from "../../sample-app/generated/atlas/v1/atlas.js";

type Name = keyof AtlasMethods;
export type Request<N extends Name> = AtlasMethods[N]["requestInit"];
export type Response<N extends Name> = AtlasMethods[N]["response"];

/** How a call ended, and all that came before. */
export interface Outcome<R> {
  readonly responses: readonly R[];
  readonly headers: Metadata | undefined;
  readonly code: string;
  readonly text: string;
  /** The details of the status by their type. */
  readonly details: Readonly<Record<string, unknown>>;
}

export class AtlasClient extends Client {
  constructor(address: string) {
    super(address, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
  }

  /** On the wire the four modes differ only in how many messages go each way. */
  open<N extends Name>(name: N, headers: Record<string, string> = {}) {
    const method = Atlas.load().methods.find(({ localName }) => localName === name)!;
    const metadata = new Metadata();
    for (const [key, value] of Object.entries(headers)) metadata.set(key, value);
    return this.makeBidiStreamRequest<Request<N>, Response<N>>(
      method.path,
      (message) => method.request.encode(message),
      (bytes) => method.response.decode(bytes) as Response<N>,
      metadata,
    );
  }

  /** Sends the requests and waits for the end of the call. */
  call<N extends Name>(
    name: N,
    requests: readonly Request<N>[],
    headers: Record<string, string> = {},
  ): Promise<Outcome<Response<N>>> {
    const call = this.open(name, headers);
    for (const request of requests) call.write(request);
    call.end();
    return outcomeOf(call);
  }
}

export function outcomeOf<R>(call: ClientDuplexStream<never, R>): Promise<Outcome<R>> {
  return new Promise((resolve) => {
    const responses: R[] = [];
    let headers: Metadata | undefined;
    call.on("data", (response: R) => responses.push(response));
    call.on("error", () => undefined);
    call.on("metadata", (received: Metadata) => {
      headers = received;
    });
    call.on("status", ({ code, details: text, metadata }: StatusObject) => {
      const [bytes] = metadata.get("grpc-status-details-bin");
      const details = bytes instanceof Buffer ? decodeStatusDetails(bytes).details : [];
      const byType = Object.fromEntries(details.map(({ type, value }) => [type, value]));
      setImmediate(() =>
        resolve({ responses, headers, code: formatStatusCode(code), text, details: byType }),
      );
    });
  });
}
