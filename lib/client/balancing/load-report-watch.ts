/**
 * Load reports outside of calls (A51): a stream on the very connection that calls use, over which the backend tells how
 * busy it is. All who watch one subchannel share one stream, at the shortest interval that one of them wants.
 */
import {
  type Clock,
  type Logger,
  type MethodDescriptor,
  type Random,
  StatusCode,
  type StatusError,
} from "../../rpc/index.js";
import { OpenRcaService, type OrcaLoadReport, type OrcaLoadReportRequest } from "../../schema/index.js";
import { Backoff } from "../connection/backoff.js";
import type { Subchannel } from "../connection/subchannel.js";
import { formatAddress } from "../naming/endpoint.js";

export interface LoadReportWatchOptions {
  /** How often to report; the server may have a longer minimum, commonly 30 s. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export type LoadReportListener = (report: OrcaLoadReport) => void;

interface Watcher {
  readonly intervalMs: number;
  readonly listener: LoadReportListener;
}

const streams = new WeakMap<Subchannel, LoadReportStream>();

/** Tells each report of a subchannel's backend, over all of its connections, until stopped by what is returned. */
export function watchLoadReports(
  subchannel: Subchannel,
  options: LoadReportWatchOptions,
  listener: LoadReportListener,
): () => void {
  let stream = streams.get(subchannel);
  if (stream === undefined) {
    stream = new LoadReportStream(subchannel, options, () => streams.delete(subchannel));
    streams.set(subchannel, stream);
  }
  return stream.add({ intervalMs: options.intervalMs, listener });
}

class LoadReportStream {
  readonly #subchannel: Subchannel;
  readonly #options: Omit<LoadReportWatchOptions, "intervalMs">;
  readonly #onUnused: () => void;
  readonly #backoff: Backoff;
  readonly #watchers = new Set<Watcher>();
  #stopFollowing: (() => void) | undefined;
  /** Whether there is a connection, as far as was told. */
  #connected = false;
  /** The backend of this connection has no reports. */
  #unimplemented = false;
  #cancel: (() => void) | undefined;
  /** What the open stream was asked for. */
  #intervalMs = 0;
  #retryTimer: unknown;

  constructor(
    subchannel: Subchannel,
    options: Omit<LoadReportWatchOptions, "intervalMs">,
    onUnused: () => void,
  ) {
    this.#subchannel = subchannel;
    this.#options = options;
    this.#onUnused = onUnused;
    this.#backoff = new Backoff(options.random);
  }

  add(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    if (this.#stopFollowing === undefined) {
      this.#stopFollowing = this.#subchannel.watch(({ state }) => this.#onConnection(state === "READY"));
      this.#onConnection(this.#subchannel.status.state === "READY");
    } else this.#adaptInterval();
    return () => {
      if (!this.#watchers.delete(watcher)) return;
      if (this.#watchers.size > 0) this.#adaptInterval();
      else this.#stop();
    };
  }

  #stop(): void {
    this.#onUnused();
    this.#stopFollowing?.();
    this.#stopFollowing = undefined;
    this.#onConnection(false);
  }

  #onConnection(connected: boolean): void {
    if (this.#connected === connected) return;
    this.#connected = connected;
    this.#unimplemented = false;
    this.#backoff.reset();
    if (connected) this.#open();
    else this.#end();
  }

  #end(): void {
    const cancel = this.#cancel;
    this.#cancel = undefined;
    this.#options.clock.clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    cancel?.();
  }

  /** Asks anew if those who watch want another interval. A stream that waits for its back-off goes on waiting. */
  #adaptInterval(): void {
    if (this.#cancel === undefined || this.#shortestInterval() === this.#intervalMs) return;
    this.#end();
    this.#open();
  }

  #shortestInterval(): number {
    let shortest = Number.POSITIVE_INFINITY;
    for (const { intervalMs } of this.#watchers) shortest = Math.min(shortest, intervalMs);
    return shortest;
  }

  #open(): void {
    this.#retryTimer = undefined;
    // A released subchannel tells nobody that it has lost its connection.
    if (this.#unimplemented || this.#subchannel.status.state !== "READY") return;
    this.#intervalMs = this.#shortestInterval();
    let current = true;
    let answered = false;
    let cancelInner: (() => void) | undefined;
    this.#cancel = () => {
      current = false;
      cancelInner?.();
    };
    cancelInner = this.#subchannel.openStream(watchMethod(), toRequest(this.#intervalMs), {
      next: (report) => {
        if (!current) return;
        answered = true;
        this.#backoff.reset();
        this.#tell(report);
      },
      end: (status) => {
        if (!current) return;
        current = false;
        this.#cancel = undefined;
        this.#onEnd(status, answered);
      },
    });
    if (!current) cancelInner();
  }

  #tell(report: OrcaLoadReport): void {
    for (const watcher of [...this.#watchers]) {
      // One that was told before may have stopped another.
      if (this.#watchers.has(watcher)) watcher.listener(report);
    }
  }

  #onEnd(status: StatusError | undefined, answered: boolean): void {
    const { clock, logger } = this.#options;
    const fields = { address: formatAddress(this.#subchannel.address), error: status?.message };
    if (status?.code === StatusCode.UNIMPLEMENTED) {
      this.#unimplemented = true;
      logger.error(fields, "the server has no load reports outside of calls");
      return;
    }
    // Connections that are closed end their streams so.
    const expected = status?.code === StatusCode.UNAVAILABLE || status?.code === StatusCode.CANCELLED;
    logger[expected ? "debug" : "warn"](fields, "the stream of load reports has ended");
    // No wait after a stream that has answered.
    if (answered) this.#open();
    else this.#retryTimer = clock.setTimeout(() => this.#open(), this.#backoff.nextMs());
  }
}

function watchMethod(): MethodDescriptor<OrcaLoadReportRequest, OrcaLoadReport> {
  const method = OpenRcaService.load().methods.find(({ localName }) => localName === "streamCoreMetrics")!;
  // Generated code and descriptor come from one file.
  return method as MethodDescriptor<OrcaLoadReportRequest, OrcaLoadReport>;
}

function toRequest(intervalMs: number): OrcaLoadReportRequest {
  const seconds = Math.floor(intervalMs / 1000);
  const nanos = Math.min(Math.round((intervalMs - seconds * 1000) * 1e6), 999_999_999);
  return { reportInterval: { seconds: String(seconds), nanos }, requestCostNames: [] };
}
