/**
 * A key in etcd that is there as long as this process is: attached to a lease, which is kept alive every third of its
 * time. When the lease is lost (an outage longer than it, a restart, even the loss of all of etcd's data), the key is
 * written anew under a new one.
 *
 * ```text
 * start ──> granting ── granted, written ──> alive ── answer ──> alive
 *              ^ └── failed: back-off ──┘       └── TTL 0, NOT_FOUND, no answer for a whole TTL ──> granting
 * ```
 */
import { Observable, type Subscriber, Subscription } from "rxjs";
import { Backoff } from "../../client/index.js";
import { type Clock, type Logger, type Random, StatusCode, StatusError } from "../../rpc/index.js";
import type {
  LeaseKeepAliveRequestInit,
  LeaseKeepAliveResponse,
} from "../generated/etcd/api/etcdserverpb/rpc.js";
import type { EtcdCalls } from "./etcd-calls.js";

export interface LeasedKeyOptions {
  readonly ttlS: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Lease {
  readonly id: string;
  readonly ttlMs: number;
}

/** Short, for while it lasts nobody finds us. */
const BACKOFF = { initialMs: 500, maxMs: 2000 };
/** Wait before a broken stream of keepalives is opened again, in milliseconds. */
const REOPEN_MS = 500;
/** For giving the lease back when the write was refused, in milliseconds. */
const REFUSED_LIMIT_MS = 1000;
const REVOKE_AGAIN_MS = 100;

/** What no later attempt can mend. */
const refusals: readonly StatusCode[] = [
  StatusCode.INVALID_ARGUMENT,
  StatusCode.PERMISSION_DENIED,
  StatusCode.UNAUTHENTICATED,
  StatusCode.UNIMPLEMENTED,
];

export class LeasedKey {
  readonly #calls: EtcdCalls;
  readonly #key: string;
  readonly #value: string;
  readonly #options: LeasedKeyOptions;
  readonly #backoff: Backoff;
  readonly #abort = new AbortController();
  /** The last leases that were granted: the key may be attached to either. */
  readonly #granted: string[] = [];
  #lease: Lease | undefined;
  #stream: Subscription | undefined;
  #pings: Subscriber<LeaseKeepAliveRequestInit> | undefined;
  #pingsSent = 0;
  #pingTimer: unknown;
  #expiryTimer: unknown;
  #retryTimer: unknown;
  /** Whether the log says that etcd cannot be reached. */
  #outage = false;
  #stopped: Promise<void> | undefined;

  constructor(calls: EtcdCalls, key: string, value: string, options: LeasedKeyOptions) {
    this.#calls = calls;
    this.#key = key;
    this.#value = value;
    this.#options = options;
    this.#backoff = new Backoff(options.random, BACKOFF);
  }

  /** Writes the key. While etcd is out of reach it resolves all the same, and goes on trying; rejects if it is refused. */
  async start(): Promise<void> {
    const error = await this.#establish(false);
    if (error instanceof StatusError && refusals.includes(error.code)) {
      await this.stop(REFUSED_LIMIT_MS);
      throw error;
    }
  }

  /**
   * Deletes the key, within a limit: by revoking its lease, so that a successor which has written the same key under
   * its own keeps it. If that fails, the key is gone when the lease is over.
   */
  stop(limitMs: number): Promise<void> {
    this.#stopped ??= this.#stop(limitMs);
    return this.#stopped;
  }

  async #stop(limitMs: number): Promise<void> {
    // A write that is under way is void as soon as its lease is revoked.
    this.#abort.abort();
    this.#leave();
    const results = await Promise.allSettled(this.#granted.map((lease) => this.#revoke(lease, limitMs)));
    const { logger, ttlS } = this.#options;
    for (const result of results) {
      if (result.status === "fulfilled") continue;
      logger.warn(
        { key: this.#key, err: result.reason as unknown },
        `${this.#key} could not be deleted from etcd; it goes by itself within ${ttlS} s`,
      );
      return;
    }
    if (results.length > 0) logger.info({ key: this.#key }, `deregistered ${this.#key}`);
  }

  async #revoke(lease: string, limitMs: number): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.now() + limitMs;
    for (;;) {
      try {
        await this.#calls.leaseRevoke(
          { ID: lease },
          { deadlineMs: deadline - clock.now(), waitForReady: true },
        );
        return;
      } catch (error) {
        if (hasCode(error, StatusCode.NOT_FOUND)) return;
        // The connection was lost under it: the next attempt waits for another.
        const timeLeft = clock.now() + REVOKE_AGAIN_MS < deadline;
        if (!hasCode(error, StatusCode.UNAVAILABLE) || !timeLeft) throw error;
        await new Promise<void>((resume) => clock.setTimeout(resume, REVOKE_AGAIN_MS));
      }
    }
  }

  /** Takes a lease and writes the key under it; again later if that fails. */
  async #establish(waitForReady: boolean): Promise<unknown> {
    const { signal } = this.#abort;
    const { ttlS, logger } = this.#options;
    try {
      const { ID, TTL, error } = await this.#calls.leaseGrant({ TTL: ttlS, ID: 0 }, { signal, waitForReady });
      if (error !== "") throw StatusError.unavailable(`etcd grants no lease: ${error}`);
      this.#granted.push(ID);
      if (this.#granted.length > 2) this.#granted.shift();
      if (signal.aborted) return;
      await this.#write(ID);
      if (signal.aborted) return;
      this.#lease = { id: ID, ttlMs: Number(TTL) * 1000 };
      this.#backoff.reset();
      this.#outage = false;
      logger.info({ key: this.#key, lease: ID, ttlS: Number(TTL) }, `registered ${this.#key}`);
      this.#keepAlive(this.#lease);
      return;
    } catch (error) {
      if (signal.aborted) return;
      const waitMs = Math.round(this.#backoff.nextMs());
      if (!this.#outage) {
        this.#outage = true;
        logger.warn(
          { key: this.#key, err: error },
          `${this.#key} cannot be registered now; it is tried again`,
        );
      }
      this.#retryTimer = this.#options.clock.setTimeout(() => void this.#establish(true), waitMs);
      return error;
    }
  }

  async #write(lease: string): Promise<void> {
    const requestPut = { key: Buffer.from(this.#key), value: Buffer.from(this.#value), lease };
    await this.#calls.txn({ success: [{ requestPut }] }, { signal: this.#abort.signal });
  }

  #keepAlive(lease: Lease): void {
    this.#pingsSent = 0;
    this.#expectAnswer(lease);
    this.#openStream(lease);
    this.#pingLater(lease);
  }

  #expectAnswer(lease: Lease): void {
    const { clock } = this.#options;
    clock.clearTimeout(this.#expiryTimer);
    this.#expiryTimer = clock.setTimeout(
      () => this.#expire(lease, "etcd has not answered in time"),
      lease.ttlMs,
    );
  }

  #openStream(lease: Lease): void {
    // The first keepalive goes at once, and so it does whenever the stream had to be opened again.
    const pings = new Observable<LeaseKeepAliveRequestInit>((subscriber) => {
      this.#pings = subscriber;
      subscriber.next({ ID: lease.id });
    });
    const stream = new Subscription();
    this.#stream = stream;
    stream.add(
      this.#calls.leaseKeepAlive(pings).subscribe({
        next: (answer) => this.#onAnswer(lease, answer),
        error: (error: unknown) => this.#onBroken(lease, error),
        complete: () => this.#onBroken(lease, StatusError.unavailable("etcd has ended the keepalives")),
      }),
    );
  }

  #onAnswer(lease: Lease, { TTL }: LeaseKeepAliveResponse): void {
    if (this.#lease !== lease) return;
    if (Number(TTL) <= 0) {
      this.#expire(lease, "etcd does not know the lease any more");
      return;
    }
    if (this.#outage) this.#options.logger.info({ key: this.#key }, `${this.#key} is kept alive again`);
    this.#outage = false;
    this.#expectAnswer(lease);
  }

  #onBroken(lease: Lease, error: unknown): void {
    if (this.#lease !== lease) return;
    if (hasCode(error, StatusCode.NOT_FOUND)) {
      this.#expire(lease, "etcd does not know the lease any more");
      return;
    }
    const { clock, logger } = this.#options;
    if (!this.#outage) {
      this.#outage = true;
      logger.warn({ key: this.#key, err: error }, `${this.#key} cannot be kept alive now; it is tried again`);
    }
    this.#stream = undefined;
    this.#pings = undefined;
    this.#retryTimer = clock.setTimeout(() => this.#openStream(lease), REOPEN_MS);
  }

  #pingLater(lease: Lease): void {
    this.#pingTimer = this.#options.clock.setTimeout(() => {
      this.#pings?.next({ ID: lease.id });
      this.#pingsSent += 1;
      if (this.#pingsSent % 3 === 0) void this.#checkKey(lease);
      this.#pingLater(lease);
    }, lease.ttlMs / 3);
  }

  /** Once per lease time: someone may have deleted the key, and left the lease. */
  async #checkKey(lease: Lease): Promise<void> {
    const { signal } = this.#abort;
    const { logger } = this.#options;
    try {
      const { count } = await this.#calls.range({ key: Buffer.from(this.#key), countOnly: true }, { signal });
      if (count !== "0" || this.#lease !== lease) return;
      await this.#write(lease.id);
      logger.warn(
        { key: this.#key },
        `${this.#key} was deleted from etcd by someone else; it is written again`,
      );
    } catch (error) {
      // The keepalives tell of every outage.
      if (!signal.aborted) logger.debug({ key: this.#key, err: error }, `${this.#key} could not be checked`);
    }
  }

  #expire(lease: Lease, reason: string): void {
    this.#options.logger.warn(
      { key: this.#key, lease: lease.id, reason },
      `the lease of ${this.#key} is over; it is registered again`,
    );
    this.#leave();
    void this.#establish(true);
  }

  #leave(): void {
    const { clock } = this.#options;
    for (const timer of [this.#pingTimer, this.#expiryTimer, this.#retryTimer]) clock.clearTimeout(timer);
    this.#lease = undefined;
    this.#pings = undefined;
    this.#stream?.unsubscribe();
    this.#stream = undefined;
  }
}

function hasCode(error: unknown, code: StatusCode): boolean {
  return error instanceof StatusError && error.code === code;
}
