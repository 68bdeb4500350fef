/**
 * One try of a call: a pick, and a stream on the connection that was picked. What the user called may take several,
 * one after the other (retries) or side by side (hedges). See `retrying-call.ts` for who decides.
 */
import type { Metadata } from "../../rpc/index.js";
import type { ConnectionStream, WireStatus } from "../connection/connection.js";

/** How far an attempt came (A6, transparent retries). */
export type AttemptProgress =
  /** It never left the client. */
  | "unsent"
  /** The server's library refused it; no handler has seen it. */
  | "refused"
  | "processed";

export interface AttemptStatus extends WireStatus {
  readonly progress: AttemptProgress;
  /** Set if a policy dropped it on purpose; then it is never retried. */
  readonly dropped: boolean;
}

/** What one attempt tells, in this order. */
export interface AttemptEvents {
  /** It has a stream. Nothing can be sent before; this may never come, or come before `start` returns. */
  onStart(stream: ConnectionStream): void;
  onReceiveMetadata(metadata: Metadata): void;
  onReceiveMessage(frame: Buffer): void;
  /** Once, last; never from within `start`. */
  onReceiveStatus(status: AttemptStatus): void;
}

/** An attempt that was started, as its owner may end it. */
export interface Attempt {
  /** `host:port`, once it has a stream. */
  readonly peer: string | undefined;
  /** Ends it, whether it waits for a connection or has one; its events then tell the status. */
  cancel(code: WireStatus["code"], details: string): void;
}

/** Starts attempts of one call. `previousAttempts` goes out as `grpc-previous-rpc-attempts` if it is not 0. */
export interface AttemptStarter {
  start(events: AttemptEvents, previousAttempts: number): Attempt;
}
