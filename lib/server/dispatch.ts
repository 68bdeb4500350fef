import { type Server, ServerInterceptingCall, type ServerInterceptor } from "@grpc/grpc-js";
import type { Metadata, MethodKind } from "../rpc/index.js";
import { BidiStreamingCall } from "./bidi-streaming.js";
import type { CallHost, ServerCall, WireListener } from "./call.js";
import type { Wire } from "./call-context.js";
import { ClientStreamingCall } from "./client-streaming.js";
import type { ServedMethod } from "./served-method.js";
import { ServerStreamingCall } from "./server-streaming.js";
import { UnaryCall } from "./unary.js";

const modes: Record<
  MethodKind,
  { wireType: string; call: new (wire: Wire, served: ServedMethod, host: CallHost) => ServerCall }
> = {
  unary: { wireType: "unary", call: UnaryCall },
  serverStreaming: { wireType: "serverStream", call: ServerStreamingCall },
  clientStreaming: { wireType: "clientStream", call: ClientStreamingCall },
  bidiStreaming: { wireType: "bidi", call: BidiStreamingCall },
};

/**
 * An interceptor that takes every call over from grpc-js. Where grpc-js would build a Node stream and run a handler
 * on it, ours listens to the call below: several messages may then be on their way at once, and nothing is built
 * that is not used. It must be the outermost (last) interceptor.
 */
export function createTakeover(methods: readonly ServedMethod[], host: CallHost): ServerInterceptor {
  const byPath = new Map(methods.map((served) => [served.method.path, served]));
  return (definition, wire) => {
    const served = byPath.get(definition.path);
    return served === undefined ? new ServerInterceptingCall(wire) : new TakenCall(wire, served, host);
  };
}

class TakenCall extends ServerInterceptingCall {
  readonly #wire: Wire;
  readonly #served: ServedMethod;
  readonly #host: CallHost;

  constructor(wire: Wire, served: ServedMethod, host: CallHost) {
    super(wire);
    this.#wire = wire;
    this.#served = served;
    this.#host = host;
  }

  /** Leaves the listener of grpc-js's own handler unused: that handler never runs. */
  override start(): void {
    const { call } = modes[this.#served.method.kind];
    this.#wire.start(new CallLine(new call(this.#wire, this.#served, this.#host)));
  }
}

/**
 * What grpc-js holds of a call. It lets go of the call at its end: Node keeps an HTTP/2 stream, and with it everything
 * that listens to it, over several collections of garbage, each of which would copy the whole call.
 */
class CallLine implements WireListener {
  #call: ServerCall | undefined;

  constructor(call: ServerCall) {
    this.#call = call;
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.#call?.onReceiveMetadata(metadata);
  }

  onReceiveMessage(bytes: Buffer): void {
    this.#call?.onReceiveMessage(bytes);
  }

  onReceiveHalfClose(): void {
    this.#call?.onReceiveHalfClose();
  }

  onCancel(): void {
    this.#call?.onCancel();
    this.#call = undefined;
  }
}

const untouched = (bytes: Buffer): Buffer => bytes;
const neverRun = (): void => undefined;

/** Makes the paths known to grpc-js, which answers all others with UNIMPLEMENTED. Bytes pass through it untouched. */
export function registerPaths(server: Server, methods: readonly ServedMethod[]): void {
  for (const { method } of methods) {
    server.register(method.path, neverRun as never, untouched, untouched, modes[method.kind].wireType);
  }
}
