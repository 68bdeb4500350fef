/** A bare grpc-js client of any generated service: what a peer of another make would see. */
import { Client, credentials, Metadata, type StatusObject } from "@grpc/grpc-js";
import type { MethodDescriptor } from "../../lib/rpc/index.js";
import type { ServiceMethods, ServiceType } from "../../lib/schema/index.js";
import { type Message, type Outcome, Replies } from "../interop/client.js";

export class PeerClient extends Client {
  readonly #methods: readonly MethodDescriptor[];

  constructor(address: string, service: ServiceType<ServiceMethods>) {
    super(address, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
    this.#methods = service.load().methods;
  }

  unary(name: string, message: object = {}): Promise<Outcome> {
    const { path, encode, decode } = this.#method(name);
    return new Promise((resolve) => {
      const messages: Message[] = [];
      const call = this.makeUnaryRequest(
        path,
        encode,
        decode,
        message,
        new Metadata(),
        {},
        (_error, value) => {
          if (value !== undefined) messages.push(value);
        },
      );
      call.on("status", (status: StatusObject) =>
        setImmediate(() => resolve({ messages, headers: undefined, status })),
      );
    });
  }

  stream(name: string, message: object = {}): Replies {
    const { path, encode, decode } = this.#method(name);
    return new Replies(this.makeServerStreamRequest(path, encode, decode, message, new Metadata(), {}));
  }

  #method(name: string) {
    const method = this.#methods.find(({ localName }) => localName === name)!;
    return {
      path: method.path,
      encode: (message: object): Buffer => method.request.encode(message),
      decode: (bytes: Buffer): Message => method.response.decode(bytes) as Message,
    };
  }
}
