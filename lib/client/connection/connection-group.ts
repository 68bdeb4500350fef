import type { MethodDescriptor } from "../../rpc/index.js";
import type { Address } from "../naming/endpoint.js";
import type { Connection } from "./connection.js";
import type { StreamObserver, Subchannel, SubchannelListener, SubchannelStatus } from "./subchannel.js";

/**
 * Several connections to one address, as one subchannel: it is READY when one of them is, and calls take turns. Node
 * has one HTTP/2 session do its work on its own, so a few of them carry more; and a server that limits the streams of
 * a connection limits them all the later.
 */
export class ConnectionGroup implements Subchannel {
  readonly address: Address;
  status: SubchannelStatus = { state: "IDLE" };
  readonly #members: readonly Subchannel[];
  readonly #listeners = new Set<SubchannelListener>();
  readonly #healthListeners = new Set<SubchannelListener>();
  /** Those that have failed since `connect`; when it is all of them, the group has. */
  readonly #failed = new Set<Subchannel>();
  #next = 0;
  #released = false;

  constructor(members: readonly Subchannel[]) {
    this.address = members[0]!.address;
    this.#members = members;
    for (const member of members) member.watch(() => this.#onChange(member));
  }

  /** The next of those that are there. */
  get connection(): Connection | undefined {
    const count = this.#members.length;
    for (let i = 0; i < count; i++) {
      const { connection } = this.#members[(this.#next + i) % count]!;
      if (connection === undefined) continue;
      this.#next = (this.#next + i + 1) % count;
      return connection;
    }
    return undefined;
  }

  connect(): void {
    if (this.status.state !== "IDLE") return;
    this.#failed.clear();
    this.#become({ state: "CONNECTING" });
    for (const member of this.#members) {
      // One that failed a moment ago is not there to try.
      if (member.status.state === "TRANSIENT_FAILURE") this.#onChange(member);
      else member.connect();
    }
  }

  #onChange(member: Subchannel): void {
    const { state } = member.status;
    if (state === "READY") {
      if (this.status.state !== "READY") this.#becomeReady(member.status);
    } else if (this.status.state === "READY") {
      const others = this.#members.some((each) => each.status.state === "READY");
      if (!others) this.#become({ state: "IDLE" });
      // As long as one is there, those that are lost are mended unasked.
      else if (state === "IDLE") member.connect();
    } else if (state === "TRANSIENT_FAILURE" && this.status.state === "CONNECTING") {
      this.#failed.add(member);
      if (this.#failed.size === this.#members.length) this.#become(member.status);
    } else if (state === "IDLE" && this.status.state === "TRANSIENT_FAILURE") {
      this.#become(member.status);
    }
  }

  /** Members whose back-off was over before there was any connection have waited for this one. */
  #becomeReady(status: SubchannelStatus): void {
    this.#become(status);
    if (this.status.state !== "READY") return;
    for (const member of this.#members) member.connect();
  }

  #become(status: SubchannelStatus): void {
    if (this.#released) return;
    this.status = status;
    for (const listener of [...this.#listeners]) listener(status);
    if (status.state === "READY") for (const listener of [...this.#healthListeners]) listener(status);
  }

  watch(listener: SubchannelListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  watchHealth(listener: SubchannelListener): () => void {
    this.#healthListeners.add(listener);
    if (this.status.state === "READY") listener(this.status);
    return () => void this.#healthListeners.delete(listener);
  }

  /** On one of the connections: they all lead to the same server. When that one is lost, on another. */
  openStream<Request, Response>(
    method: MethodDescriptor<Request, Response>,
    request: Request,
    observer: StreamObserver<Response>,
  ): () => void {
    let cancelled = false;
    let cancelCurrent = (): void => undefined;
    const open = (): void => {
      const member = this.#members.find(({ status }) => status.state === "READY") ?? this.#members[0]!;
      const { connection } = member;
      cancelCurrent = member.openStream(method, request, {
        next: (message) => observer.next(message),
        end: (status) => {
          const isLost = connection !== undefined && member.connection !== connection;
          if (!isLost || this.status.state !== "READY") observer.end(status);
          else if (!cancelled) open();
        },
      });
    };
    open();
    return () => {
      cancelled = true;
      cancelCurrent();
    };
  }

  resetBackoff(): void {
    for (const member of this.#members) member.resetBackoff();
  }

  release(): void {
    this.#released = true;
    this.status = { state: "SHUTDOWN" };
    this.#listeners.clear();
    this.#healthListeners.clear();
    for (const member of this.#members) member.release();
  }
}
