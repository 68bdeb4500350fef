import type { OverflowOptions } from "../flow/index.js";
import type { CallContext, HandlerReference, MessageCodec, MethodDescriptor } from "../rpc/index.js";

/** Gives what the peer sent: the message of a unary or server streaming call (decoded by this), or a Flow. */
export type ReadRequest = () => unknown;

/** One rpc and what answers it. The layer above has folded guards, interceptors and filters into `invoke`. */
export interface ServedMethod {
  readonly method: MethodDescriptor;
  readonly handler: HandlerReference;
  /** Decodes requests; may build classes where the method's own codec builds plain objects. */
  readonly request: MessageCodec;
  /** How many received messages a request stream holds before it stops reading. */
  readonly window?: number;
  /** For Observables that push without demand. */
  readonly overflow?: OverflowOptions;
  /**
   * Starts the work of a call. Gives a value, a Promise, an Observable, an AsyncIterable or an Iterable; throws or
   * rejects with what the call fails with.
   */
  invoke(call: CallContext, read: ReadRequest): unknown;
}

/** Told of failures whose cause the peer does not see, so that somebody logs them. */
export type FailureListener = (call: CallContext, error: unknown) => void;
