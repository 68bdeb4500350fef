import { type Observable, Subject } from "rxjs";
import { Injectable } from "../../app/index.js";
import type { ClientStats } from "../../schema/index.js";

/** Calls to backends that the balancer named, and those that it let drop. */
export interface CallCounts {
  readonly started: number;
  readonly finished: number;
  /** Ended before anything was sent. */
  readonly failedToSend: number;
  /** Ended after something came from the backend. */
  readonly knownReceived: number;
  readonly dropped: number;
  readonly droppedByToken: ReadonlyMap<string, number>;
}

/** A client that is balanced now. */
export interface BalancedClient {
  /** What it calls. */
  readonly name: string;
  /** `10.0.0.7:41234` */
  readonly peer: string;
  readonly reports: number;
  /** What its reports add up to. */
  readonly counts: CallCounts;
}

/** One load report. */
export interface ClientReport {
  readonly client: BalancedClient;
  /** Since the report before. */
  readonly counts: CallCounts;
}

/** Tokens come from outside: of more than so many, only the sum is kept. */
const MAX_TOKENS = 256;
/** Names may come from outside too: of those that no client is connected for, so many are remembered. */
const MAX_LEFT_NAMES = 1000;

/** How the calls of clients go, by their own reports: inject it to look, or to listen. */
@Injectable()
export class ClientStatsLog {
  readonly #clients = new Set<LoggedClient>();
  readonly #totals = new Map<string, NameTotal>();
  /** Names that have totals and no clients; those who were left first come first. */
  readonly #left = new Set<string>();
  readonly #reports = new Subject<ClientReport>();

  /** Each report as it comes. */
  get reports(): Observable<ClientReport> {
    return this.#reports.asObservable();
  }

  /** Those who are connected. */
  get clients(): readonly BalancedClient[] {
    return [...this.#clients];
  }

  /** What all reports of a name add up to, also those of clients who have gone, unless that is long ago. */
  total(name: string): CallCounts {
    return this.#totals.get(name)?.counts ?? new CallSums();
  }

  /** A client has come. */
  open(name: string, peer: string): LoggedClient {
    const client = new LoggedClient(name, peer);
    this.#clients.add(client);
    const total = this.#totals.get(name) ?? { counts: new CallSums(), clients: 0, reported: false };
    this.#totals.set(name, total);
    this.#left.delete(name);
    total.clients += 1;
    return client;
  }

  report(client: LoggedClient, stats: ClientStats): void {
    const counts = new CallSums();
    counts.addStats(stats);
    client.reports += 1;
    client.counts.add(counts);
    const total = this.#totals.get(client.name)!;
    total.counts.add(counts);
    total.reported = true;
    this.#reports.next({ client, counts });
  }

  close(client: LoggedClient): void {
    this.#clients.delete(client);
    const total = this.#totals.get(client.name)!;
    total.clients -= 1;
    if (total.clients > 0) return;
    if (total.reported) this.#leave(client.name);
    else this.#totals.delete(client.name);
  }

  #leave(name: string): void {
    this.#left.add(name);
    if (this.#left.size <= MAX_LEFT_NAMES) return;
    const [first] = this.#left;
    this.#left.delete(first!);
    this.#totals.delete(first!);
  }
}

interface NameTotal {
  readonly counts: CallSums;
  clients: number;
  reported: boolean;
}

export class LoggedClient implements BalancedClient {
  reports = 0;
  readonly counts = new CallSums();

  constructor(
    readonly name: string,
    readonly peer: string,
  ) {}
}

class CallSums implements CallCounts {
  started = 0;
  finished = 0;
  failedToSend = 0;
  knownReceived = 0;
  dropped = 0;
  readonly droppedByToken = new Map<string, number>();

  addStats(stats: ClientStats): void {
    this.started += Number(stats.numCallsStarted);
    this.finished += Number(stats.numCallsFinished);
    this.failedToSend += Number(stats.numCallsFinishedWithClientFailedToSend);
    this.knownReceived += Number(stats.numCallsFinishedKnownReceived);
    for (const { loadBalanceToken, numCalls } of stats.callsFinishedWithDrop) {
      this.dropped += Number(numCalls);
      this.#countToken(loadBalanceToken, Number(numCalls));
    }
  }

  add(counts: CallCounts): void {
    this.started += counts.started;
    this.finished += counts.finished;
    this.failedToSend += counts.failedToSend;
    this.knownReceived += counts.knownReceived;
    this.dropped += counts.dropped;
    for (const [token, count] of counts.droppedByToken) this.#countToken(token, count);
  }

  #countToken(token: string, count: number): void {
    const known = this.droppedByToken.get(token);
    if (known === undefined && this.droppedByToken.size >= MAX_TOKENS) return;
    this.droppedByToken.set(token, (known ?? 0) + count);
  }
}
