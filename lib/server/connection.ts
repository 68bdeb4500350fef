import { constants, type ServerHttp2Session } from "node:http2";
import type { Clock, Random } from "../rpc/index.js";
import type { ListenerLimits } from "./listener.js";
import { PingPolicing } from "./ping-policing.js";

export interface ConnectionOptions {
  readonly limits: Required<ListenerLimits>;
  readonly clock: Clock;
  readonly random: Random;
}

/** Time for a GOAWAY to leave before its connection is closed for misconduct. */
const LAST_WORD_MS = 100;
const MAX_DELAY_MS = 2 ** 31 - 1;
const AGE_JITTER = 0.1;

/**
 * One HTTP/2 connection of a listener: it is ended when it is too old, without calls for too long, or pings too often
 * (A9). gRPC would announce an end by a first GOAWAY that still allows streams, and name the last one in a second;
 * Node's HTTP/2 takes no stream behind any GOAWAY, so there is one only. It names the last stream that was taken, and
 * clients safely repeat what they sent behind it.
 */
export class ServerConnection {
  /** Set whenever headers or a message are sent; kept as a field because that happens for each message. */
  sent = false;
  readonly #session: ServerHttp2Session;
  readonly #options: ConnectionOptions;
  readonly #pings: PingPolicing;
  #openCalls = 0;
  #idleSince: number;
  #idleTimer: unknown;
  #ageTimer: unknown;
  #lastTimer: unknown;
  /** No call comes by it any more. */
  #ending = false;
  #expelled = false;

  constructor(session: ServerHttp2Session, options: ConnectionOptions) {
    this.#session = session;
    this.#options = options;
    const { limits, clock, random } = options;
    this.#pings = new PingPolicing(limits);
    this.#idleSince = clock.now();
    if (limits.maxConnectionAgeMs !== -1) {
      const jitter = 1 + AGE_JITTER * (2 * random() - 1);
      this.#ageTimer = this.#wait(limits.maxConnectionAgeMs * jitter, () => this.#endByAge());
    }
    if (limits.maxConnectionIdleMs !== -1) this.#watchIdleness();
    session.on("ping", () => this.#onPing());
    session.once("close", () => {
      for (const timer of [this.#ageTimer, this.#idleTimer, this.#lastTimer]) clock.clearTimeout(timer);
      this.#ending = true;
    });
  }

  onCallStart(): void {
    this.#openCalls += 1;
  }

  onCallEnd(): void {
    this.#openCalls -= 1;
    if (this.#openCalls > 0 || this.#options.limits.maxConnectionIdleMs === -1) return;
    this.#idleSince = this.#options.clock.now();
    if (this.#idleTimer === undefined && !this.#ending) this.#watchIdleness();
  }

  /** One timer per quiet time at most, however many calls there are. */
  #watchIdleness(): void {
    const { limits, clock } = this.#options;
    const leftMs = this.#idleSince + limits.maxConnectionIdleMs - clock.now();
    this.#idleTimer = this.#wait(Math.max(0, leftMs), () => {
      this.#idleTimer = undefined;
      if (this.#openCalls > 0) return;
      if (clock.now() - this.#idleSince < limits.maxConnectionIdleMs) this.#watchIdleness();
      else this.#end("max_idle");
    });
  }

  #endByAge(): void {
    if (!this.#end("max_age")) return;
    const { maxConnectionAgeGraceMs } = this.#options.limits;
    if (maxConnectionAgeGraceMs === -1) return;
    this.#lastTimer = this.#wait(maxConnectionAgeGraceMs, () => this.#session.destroy());
  }

  /** Sends a GOAWAY; the connection closes behind its last call. Says whether it was not ending anyway. */
  #end(reason: "max_age" | "max_idle"): boolean {
    if (this.#ending || this.#session.closed || this.#session.destroyed) return false;
    this.#ending = true;
    this.#session.goaway(constants.NGHTTP2_NO_ERROR, 0, Buffer.from(reason));
    this.#session.close();
    return true;
  }

  /** HTTP/2 has answered it already. */
  #onPing(): void {
    const { clock } = this.#options;
    const circumstances = { answered: this.sent, openCalls: this.#openCalls };
    this.sent = false;
    if (!this.#pings.onPing(clock.now(), circumstances)) return;
    if (this.#expelled || this.#session.destroyed) return;
    this.#expelled = true;
    this.#ending = true;
    this.#session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, Buffer.from("too_many_pings"));
    clock.clearTimeout(this.#lastTimer);
    this.#lastTimer = this.#wait(LAST_WORD_MS, () => this.#session.destroy());
  }

  #wait(delayMs: number, callback: () => void): unknown {
    return this.#options.clock.setTimeout(callback, Math.min(delayMs, MAX_DELAY_MS));
  }
}
