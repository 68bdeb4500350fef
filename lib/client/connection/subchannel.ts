/**
 * One address, with at most one connection to it (to several, if the channel has `connections`, there are several
 * subchannels). Policies own subchannels: they make, connect and release them; the channel sends attempts over the one
 * that was picked.
 *
 * ```text
 * IDLE --connect()--> CONNECTING --handshake--> READY --FIN, RST, GOAWAY, no answer to a ping--> IDLE
 *                     CONNECTING --failure, time-out--> TRANSIENT_FAILURE --back-off is over--> IDLE
 * any --release()--> SHUTDOWN
 * ```
 */
import type { MethodDescriptor, StatusError } from "../../rpc/index.js";
import type { ConnectivityState } from "../connectivity.js";
import type { Address } from "../naming/endpoint.js";
import type { Connection } from "./connection.js";

export interface SubchannelStatus {
  readonly state: ConnectivityState;
  /** Why, in TRANSIENT_FAILURE. */
  readonly error?: StatusError;
}

export type SubchannelListener = (status: SubchannelStatus) => void;

/** What a stream that a policy opened tells; see {@link Subchannel.openStream}. */
export interface StreamObserver<Response> {
  next(message: Response): void;
  /** The stream has ended, well or not. Called once, unless it was cancelled. */
  end(status: StatusError | undefined): void;
}

export interface Subchannel {
  readonly address: Address;
  readonly status: SubchannelStatus;
  /** Starts to connect if it is IDLE; does nothing otherwise. Listeners may be told before it returns. */
  connect(): void;
  /** Tells each change of the connection's state, synchronously. Returns what stops it. */
  watch(listener: SubchannelListener): () => void;
  /**
   * Tells how healthy a READY connection is: at once, and on each change, until stopped or the connection is lost.
   * Without health checking it is READY; CONNECTING while that is not known yet; TRANSIENT_FAILURE with the cause.
   */
  watchHealth(listener: SubchannelListener): () => void;
  /**
   * Opens a server stream on this very connection, beside the calls of the application: health watches, load reports.
   * Returns what cancels it. While there is no connection it ends at once with UNAVAILABLE, from a microtask.
   */
  openStream<Request, Response>(
    method: MethodDescriptor<Request, Response>,
    request: Request,
    observer: StreamObserver<Response>,
  ): () => void;
  /** Ends the wait of TRANSIENT_FAILURE. */
  resetBackoff(): void;
  /** Ends the connection once the calls on it have; nobody is told of anything any more. */
  release(): void;
  /** Set while READY. */
  readonly connection: Connection | undefined;
}

/** A subchannel that changes some of another's behaviour, and passes on the rest. */
export abstract class SubchannelWrapper implements Subchannel {
  protected readonly inner: Subchannel;

  constructor(inner: Subchannel) {
    this.inner = inner;
  }

  get address(): Address {
    return this.inner.address;
  }
  get status(): SubchannelStatus {
    return this.inner.status;
  }
  get connection(): Connection | undefined {
    return this.inner.connection;
  }
  connect(): void {
    this.inner.connect();
  }
  watch(listener: SubchannelListener): () => void {
    return this.inner.watch(listener);
  }
  watchHealth(listener: SubchannelListener): () => void {
    return this.inner.watchHealth(listener);
  }
  openStream<Request, Response>(
    method: MethodDescriptor<Request, Response>,
    request: Request,
    observer: StreamObserver<Response>,
  ): () => void {
    return this.inner.openStream(method, request, observer);
  }
  resetBackoff(): void {
    this.inner.resetBackoff();
  }
  release(): void {
    this.inner.release();
  }
}
