import type { Metadata, StatusCode } from "../../rpc/index.js";
import type { ConnectionStream } from "../connection/connection.js";
import type { Attempt, AttemptEvents, AttemptStarter, AttemptStatus } from "./attempt.js";
import type { SendingStream } from "./replayed-call.js";

/** The call that a {@link Hedge} belongs to. */
export interface HedgeOwner {
  onHedgeStart(hedge: Hedge, stream: ConnectionStream): void;
  onHedgeMetadata(hedge: Hedge, metadata: Metadata): void;
  onHedgeMessage(hedge: Hedge, frame: Buffer): void;
  onHedgeStatus(hedge: Hedge, status: AttemptStatus): void;
}

/** One of several attempts side by side; the same one still if it is started anew because nobody has seen it. */
export class Hedge implements AttemptEvents {
  /** Set once everything that was sent before has been sent on it. */
  stream: ConnectionStream | undefined;
  /** Whether it was started anew because it had not left. */
  wasUnsent = false;
  /** The wait before it is started anew. */
  timer: unknown;
  readonly #owner: HedgeOwner;
  readonly #previousAttempts: number;
  #attempt: Attempt | undefined;

  constructor(owner: HedgeOwner, previousAttempts: number) {
    this.#owner = owner;
    this.#previousAttempts = previousAttempts;
  }

  get peer(): string | undefined {
    return this.#attempt?.peer;
  }

  start(starter: AttemptStarter): void {
    this.timer = undefined;
    this.stream = undefined;
    this.#attempt = undefined;
    this.#attempt = starter.start(this, this.#previousAttempts);
  }

  cancel(code: StatusCode, details: string): void {
    this.#attempt?.cancel(code, details);
  }

  onStart(stream: ConnectionStream): void {
    this.#owner.onHedgeStart(this, stream);
  }
  onReceiveMetadata(metadata: Metadata): void {
    this.#owner.onHedgeMetadata(this, metadata);
  }
  onReceiveMessage(frame: Buffer): void {
    this.#owner.onHedgeMessage(this, frame);
  }
  onReceiveStatus(status: AttemptStatus): void {
    this.#owner.onHedgeStatus(this, status);
  }
}

const noop = (): void => undefined;

/** The streams of all attempts that are under way, as if they were one. */
export class HedgedStreams implements SendingStream {
  readonly #streams = new Set<ConnectionStream>();

  get size(): number {
    return this.#streams.size;
  }

  add(stream: ConnectionStream): void {
    this.#streams.add(stream);
  }

  delete(stream: ConnectionStream): void {
    this.#streams.delete(stream);
  }

  /** The oldest sets the pace. */
  send(frame: Buffer, written: () => void): void {
    let callback = written;
    for (const stream of this.#streams) {
      stream.send(frame, callback);
      callback = noop;
    }
  }

  halfClose(): void {
    for (const stream of this.#streams) stream.halfClose();
  }

  /** Nothing is read before one of them is chosen. */
  startRead(): void {}
}
