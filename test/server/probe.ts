/** A server with handlers of the test's choice for `grebe.test.Probe`, and a bare grpc-js client for it. */
import { Client, type ClientOptions, credentials, Metadata, type StatusObject } from "@grpc/grpc-js";
import {
  type ApplicationOptions,
  GrpcMethod,
  type GrpcMethodOptions,
  GrpcService,
  Module,
  type ModuleOptions,
} from "../../lib/app/index.js";
import type { CallContext } from "../../lib/rpc/index.js";
import { loadSchema } from "../../lib/schema/index.js";
import { createTestingApp, type TestingApp } from "../../lib/testing/index.js";

export const PROBE_PROTO = "test/protos/probe.proto";

export type Item = Record<string, unknown>;
type Handler = (request: never, call: CallContext) => unknown;

export interface ProbeHandlers {
  one?: Handler;
  many?: Handler;
  collect?: Handler;
  chat?: Handler;
  nothing?: Handler;
}

const unset: Handler = () => {
  throw new Error("this test set no handler");
};

export interface ControllerOptions {
  readonly methods?: Readonly<Partial<Record<keyof ProbeHandlers, GrpcMethodOptions>>>;
  /** Puts further decorators on the class and its methods. */
  readonly decorate?: (type: new () => object) => void;
}

/** The controller class whose methods are the given handlers. */
export function probeController(handlers: ProbeHandlers, { methods, decorate }: ControllerOptions = {}) {
  class ProbeController {
    one(request: unknown, call: CallContext): unknown {
      return (handlers.one ?? unset)(request as never, call);
    }
    many(request: unknown, call: CallContext): unknown {
      return (handlers.many ?? unset)(request as never, call);
    }
    collect(requests: unknown, call: CallContext): unknown {
      return (handlers.collect ?? unset)(requests as never, call);
    }
    chat(requests: unknown, call: CallContext): unknown {
      return (handlers.chat ?? unset)(requests as never, call);
    }
    nothing(request: unknown, call: CallContext): unknown {
      return (handlers.nothing ?? unset)(request as never, call);
    }
  }
  for (const property of ["one", "many", "collect", "chat", "nothing"] as const) {
    GrpcMethod(methods?.[property])(ProbeController.prototype, property);
  }
  GrpcService("grebe.test.Probe")(ProbeController);
  decorate?.(ProbeController);
  return ProbeController;
}

export interface Probe extends Omit<TestingApp, "client"> {
  readonly client: ProbeClient;
  /** Closes the client and the application. */
  stop(): Promise<void>;
}

export async function startProbe(
  handlers: ProbeHandlers,
  options: ApplicationOptions = {},
  moduleOptions: ModuleOptions = {},
  controllerOptions: ControllerOptions = {},
): Promise<Probe> {
  class ProbeModule {}
  const controllers = [probeController(handlers, controllerOptions)];
  Module({ protos: [PROBE_PROTO], controllers, ...moduleOptions })(ProbeModule);
  const app = await createTestingApp(ProbeModule, options).start();
  const client = new ProbeClient(app.address);
  return {
    ...app,
    client,
    stop: async () => {
      client.close();
      await app.close();
    },
  };
}

const service = loadSchema([PROBE_PROTO]).findService("grebe.test.Probe")!;

/** How a call ended, and all that came before. */
export interface Outcome {
  readonly messages: Item[];
  readonly headers: Metadata | undefined;
  readonly status: StatusObject;
}

/** Speaks through grpc-js's generic client: what any peer would see. */
export class ProbeClient extends Client {
  constructor(address: string, options: ClientOptions = {}, channel = credentials.createInsecure()) {
    super(address, channel, { "grpc.use_local_subchannel_pool": 1, ...options });
  }

  method(name: "One" | "Many" | "Collect" | "Chat" | "Nothing") {
    const { path, request, response } = service.methods.find((method) => method.name === name)!;
    return {
      path,
      serialize: (message: Item): Buffer => request.encode(message),
      deserialize: (bytes: Buffer): Item => response.decode(bytes) as Item,
    };
  }

  one(message: Item, metadata = new Metadata(), deadlineMs?: number): Promise<Outcome> {
    return this.unary("One", message, metadata, deadlineMs);
  }

  unary(
    name: "One" | "Nothing",
    message: Item,
    metadata = new Metadata(),
    deadlineMs?: number,
  ): Promise<Outcome> {
    const { path, serialize, deserialize } = this.method(name);
    return new Promise((resolve) => {
      const messages: Item[] = [];
      let headers: Metadata | undefined;
      const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
      const call = this.makeUnaryRequest(
        path,
        serialize,
        deserialize,
        message,
        metadata,
        options,
        (_error, value) => {
          if (value !== undefined) messages.push(value);
        },
      );
      call.on("metadata", (received: Metadata) => {
        headers = received;
      });
      call.on("status", (status) => setImmediate(() => resolve({ messages, headers, status })));
    });
  }

  many(message: Item, metadata = new Metadata(), deadlineMs?: number) {
    const { path, serialize, deserialize } = this.method("Many");
    const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
    return this.makeServerStreamRequest(path, serialize, deserialize, message, metadata, options);
  }

  collect(callback: (error: Error | null, value?: Item) => void, metadata = new Metadata()) {
    const { path, serialize, deserialize } = this.method("Collect");
    return this.makeClientStreamRequest(path, serialize, deserialize, metadata, callback);
  }

  /** Sends all messages and the end, and tells how the call ended. */
  collected(messages: readonly Item[], metadata = new Metadata()): Promise<Outcome> {
    return new Promise((resolve) => {
      const received: Item[] = [];
      let headers: Metadata | undefined;
      const call = this.collect((_error, value) => {
        if (value !== undefined) received.push(value);
      }, metadata);
      call.on("metadata", (arrived: Metadata) => {
        headers = arrived;
      });
      call.on("status", (status) => setImmediate(() => resolve({ messages: received, headers, status })));
      for (const message of messages) call.write(message);
      call.end();
    });
  }

  /** Sends all messages and the end, and reads to the end. */
  chatted(messages: readonly Item[], metadata = new Metadata()): Promise<Outcome> {
    const call = this.chat(metadata);
    const outcome = outcomeOf(call);
    for (const message of messages) call.write(message);
    call.end();
    return outcome;
  }

  /** The same call in each of the four modes, with one request. */
  inMode(mode: Mode, message: Item = {}, metadata = new Metadata()): Promise<Outcome> {
    if (mode === "one") return this.one(message, metadata);
    if (mode === "many") return outcomeOf(this.many(message, metadata));
    if (mode === "collect") return this.collected([message], metadata);
    return this.chatted([message], metadata);
  }

  chat(metadata = new Metadata(), deadlineMs?: number) {
    const { path, serialize, deserialize } = this.method("Chat");
    const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
    return this.makeBidiStreamRequest(path, serialize, deserialize, metadata, options);
  }
}

export type Mode = "one" | "many" | "collect" | "chat";
export const modes: readonly Mode[] = ["one", "many", "collect", "chat"];

type ReadableCall = ReturnType<ProbeClient["many"]>;

/** Reads a stream to its end. */
export function outcomeOf(call: ReadableCall | ReturnType<ProbeClient["chat"]>): Promise<Outcome> {
  return new Promise((resolve) => {
    const messages: Item[] = [];
    let headers: Metadata | undefined;
    call.on("data", (message: Item) => messages.push(message));
    call.on("error", () => undefined);
    call.on("metadata", (received: Metadata) => {
      headers = received;
    });
    call.on("status", (status: StatusObject) => setImmediate(() => resolve({ messages, headers, status })));
  });
}
