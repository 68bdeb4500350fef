/**
 * The calling side of the cases: a bare grpc-js client, with proto-loader's codec, so that nothing of the service
 * under test is used to judge it.
 */
import {
  type CallOptions,
  Client,
  type ClientDuplexStream,
  type ClientOptions,
  type ClientReadableStream,
  type ClientWritableStream,
  credentials,
  Metadata,
  type MethodDefinition,
  type StatusObject,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const definitions = loadSync(["grpc/testing/test.proto", "xds/service/orca/v3/orca.proto"], {
  includeDirs: ["proto"],
  longs: String,
  enums: String,
  defaults: true,
});

export interface Payload {
  readonly type?: string;
  readonly body: Buffer;
}

/** A decoded message, or what stands for one. */
export interface Message {
  readonly payload?: Payload;
  readonly [field: string]: unknown;
}

/** How a call ended, and all that came before. */
export interface Outcome {
  readonly messages: readonly Message[];
  readonly headers: Metadata | undefined;
  readonly status: StatusObject;
}

export interface CallInit {
  readonly metadata?: Metadata;
  readonly deadlineMs?: number;
}

export type Readable = ClientReadableStream<Message> | ClientDuplexStream<Message, Message>;

/** Reads an `xds.data.orca.v3.OrcaLoadReport`. */
export function decodeLoadReport(bytes: Buffer): Message {
  return findMethod("xds.service.orca.v3.OpenRcaService/StreamCoreMetrics").responseDeserialize(bytes);
}

/** Bytes of zero. */
export function zeros(size: number): Payload {
  return { type: "COMPRESSABLE", body: Buffer.alloc(size) };
}

/** Calls by full name: `grpc.testing.TestService/UnaryCall`, or the bare method of that service. */
export class InteropClient extends Client {
  readonly #address: string;
  readonly #ca: Buffer | undefined;

  constructor(address: string, ca?: Buffer, options: ClientOptions = {}) {
    super(address, ca === undefined ? credentials.createInsecure() : credentials.createSsl(ca), {
      "grpc.use_local_subchannel_pool": 1,
      ...options,
    });
    this.#address = address;
    this.#ca = ca;
  }

  /** A client of the same server with a connection of its own. */
  another(options: ClientOptions = {}): InteropClient {
    return new InteropClient(this.#address, this.#ca, options);
  }

  unary(name: string, message: Message, init: CallInit = {}): Promise<Outcome> {
    const { path, requestSerialize, responseDeserialize } = findMethod(name);
    return new Promise((resolve) => {
      const messages: Message[] = [];
      const call = this.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        message,
        init.metadata ?? new Metadata(),
        toOptions(init),
        (_error, value) => {
          if (value !== undefined) messages.push(value);
        },
      );
      let headers: Metadata | undefined;
      call.on("metadata", (received) => {
        headers = received;
      });
      // The value comes after the status.
      call.on("status", (status) => setImmediate(() => resolve({ messages, headers, status })));
    });
  }

  /** A client stream: write to `call`, then wait for `outcome`. */
  clientStream(name: string, init: CallInit = {}) {
    const { path, requestSerialize, responseDeserialize } = findMethod(name);
    const messages: Message[] = [];
    const call: ClientWritableStream<Message> = this.makeClientStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      init.metadata ?? new Metadata(),
      toOptions(init),
      (_error, value) => {
        if (value !== undefined) messages.push(value);
      },
    );
    const outcome = new Promise<Outcome>((resolve) => {
      call.on("status", (status) => setImmediate(() => resolve({ messages, headers: undefined, status })));
    });
    return { call, outcome };
  }

  serverStream(name: string, message: Message, init: CallInit = {}): ClientReadableStream<Message> {
    const { path, requestSerialize, responseDeserialize } = findMethod(name);
    const metadata = init.metadata ?? new Metadata();
    return this.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      message,
      metadata,
      toOptions(init),
    );
  }

  bidi(name: string, init: CallInit = {}): ClientDuplexStream<Message, Message> {
    const { path, requestSerialize, responseDeserialize } = findMethod(name);
    const metadata = init.metadata ?? new Metadata();
    return this.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata, toOptions(init));
  }

  /** Out-of-band load reports, one by one. */
  watchLoad(reportInterval: { seconds: string; nanos: number }, requestCostNames: readonly string[] = []) {
    const name = "xds.service.orca.v3.OpenRcaService/StreamCoreMetrics";
    return new Replies(this.serverStream(name, { reportInterval, requestCostNames }));
  }

  /** A bidirectional call whose replies are taken one by one. */
  converse(name: string, init: CallInit = {}): Conversation {
    return new Conversation(this.bidi(name, init));
  }
}

/** Reads a stream to its end. */
export function outcomeOf(call: Readable): Promise<Outcome> {
  return new Promise((resolve) => {
    const messages: Message[] = [];
    let headers: Metadata | undefined;
    call.on("data", (message: Message) => messages.push(message));
    call.on("error", () => undefined);
    call.on("metadata", (received: Metadata) => {
      headers = received;
    });
    call.on("status", (status: StatusObject) => setImmediate(() => resolve({ messages, headers, status })));
  });
}

/** The replies of a call, taken one by one. */
export class Replies {
  readonly outcome: Promise<Outcome>;
  readonly #call: Readable;
  readonly #replies: Message[] = [];
  #arrived: (() => void) | undefined;
  #ended = false;

  constructor(call: Readable) {
    this.#call = call;
    this.outcome = outcomeOf(call);
    call.on("data", (message: Message) => {
      this.#replies.push(message);
      this.#arrived?.();
    });
    this.outcome.then(() => {
      this.#ended = true;
      this.#arrived?.();
    });
  }

  /** The next reply; undefined when the call has ended. */
  async next(): Promise<Message | undefined> {
    while (this.#replies.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
    return this.#replies.shift();
  }

  /** How many replies wait to be taken. */
  get waiting(): number {
    return this.#replies.length;
  }

  cancel(): void {
    this.#call.cancel();
  }
}

export class Conversation extends Replies {
  readonly call: ClientDuplexStream<Message, Message>;

  constructor(call: ClientDuplexStream<Message, Message>) {
    super(call);
    this.call = call;
  }

  send(message: Message): void {
    this.call.write(message);
  }

  end(): Promise<Outcome> {
    this.call.end();
    return this.outcome;
  }
}

function findMethod(name: string): MethodDefinition<Message, Message> {
  const [service, method] = name.includes("/") ? name.split("/") : ["grpc.testing.TestService", name];
  const definition = definitions[service!] as Record<string, MethodDefinition<Message, Message>> | undefined;
  const found = definition?.[method!];
  if (found === undefined) throw new Error(`no proto declares ${name}`);
  return found;
}

function toOptions({ deadlineMs }: CallInit): CallOptions {
  return deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
}
