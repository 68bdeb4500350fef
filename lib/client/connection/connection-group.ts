import type { MethodDescriptor } from "../../rpc/index.js";
import { aggregateStates } from "../connectivity.js";
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
  #wanted = false;
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
    this.#wanted = true;
    for (const member of this.#members) member.connect();
  }

  #onChange(member: Subchannel): void {
    if (this.#released) return;
    // One that was lost, or may try again, is mended unasked as long as the group as a whole is in use.
    const others = this.#members.some((each) => each !== member && each.status.state === "READY");
    if (member.status.state === "IDLE" && this.#wanted && others) {
      member.connect();
      return;
    }
    const status = this.#aggregate();
    if (status.state === this.status.state && status.error === this.status.error) return;
    this.status = status;
    if (status.state === "IDLE") this.#wanted = false;
    for (const listener of [...this.#listeners]) listener(status);
    if (status.state === "READY") for (const listener of [...this.#healthListeners]) listener(status);
  }

  #aggregate(): SubchannelStatus {
    const state = aggregateStates(this.#members.map((member) => member.status.state));
    return this.#members.find((member) => member.status.state === state)!.status;
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

  /** On one of the connections: they all lead to the same server. */
  openStream<Request, Response>(
    method: MethodDescriptor<Request, Response>,
    request: Request,
    observer: StreamObserver<Response>,
  ): () => void {
    const ready = this.#members.find((member) => member.status.state === "READY") ?? this.#members[0]!;
    return ready.openStream(method, request, observer);
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
