import { fromEvent, Observable, Subscription, takeUntil } from "rxjs";
import { GrpcMethod, GrpcService, Inject, type InjectionToken, injectionToken } from "../../app/index.js";
import { type CallContext, StatusError } from "../../rpc/index.js";
import {
  type ClientStats,
  type LoadBalanceRequest,
  type LoadBalanceResponseInit,
  LoadBalancer,
} from "../../schema/index.js";
import type { BackendList, BackendLists } from "./backend-list.js";
import { type WatchedLists, watchChecked } from "./checked-lists.js";
import { ClientStatsLog, type LoggedClient } from "./client-stats-log.js";
import type { BalancerOptions } from "./load-balancer-module.js";
import { checkInstance } from "./load-balancer-options.js";
import { MAX_NAME_BYTES, toServerEntries } from "./server-entries.js";
import { statsFault } from "./stats-fault.js";

export const BACKEND_LISTS: InjectionToken<BackendLists> = injectionToken<BackendLists>("BACKEND_LISTS");
export const BALANCER_OPTIONS: InjectionToken<Required<BalancerOptions>> =
  injectionToken<Required<BalancerOptions>>("BALANCER_OPTIONS");

/** A client says at once what it wants; whoever does not is none, and is not kept. */
const INITIAL_REQUEST_MS = 10_000;

/** A list as it is sent, and by what it is told from others. */
interface SentList {
  readonly response: LoadBalanceResponseInit;
  readonly text: string;
}

/** https://github.com/grpc/grpc-proto/blob/master/grpc/lb/v1/load_balancer.proto */
@GrpcService(LoadBalancer)
export class LoadBalancerController {
  /** Many clients get the same list. */
  readonly #sent = new WeakMap<BackendList, SentList>();

  constructor(
    @Inject(BACKEND_LISTS) private readonly lists: BackendLists,
    @Inject(ClientStatsLog) private readonly log: ClientStatsLog,
    @Inject(BALANCER_OPTIONS) private readonly options: Required<BalancerOptions>,
  ) {
    checkInstance(lists);
  }

  /** Who reads slowly gets the newest list only. */
  @GrpcMethod({ overflow: "latest" })
  balanceLoad(
    requests: Observable<LoadBalanceRequest>,
    call: CallContext,
  ): Observable<LoadBalanceResponseInit> {
    const { draining } = call;
    const { clock, reportIntervalMs } = this.options;
    if (draining.aborted) throw StatusError.unavailable("the balancer is closing");
    const responses = new Observable<LoadBalanceResponseInit>((subscriber) => {
      let client: LoggedClient | undefined;
      const work = new Subscription();
      const timer = clock.setTimeout(() => {
        subscriber.error(StatusError.deadlineExceeded("BalanceLoad: no initial_request has come"));
      }, INITIAL_REQUEST_MS);
      const receive = (request: LoadBalanceRequest): void => {
        if (client !== undefined) {
          if (request.initialRequest !== undefined) throw invalid("a second initial_request");
          if (request.clientStats !== undefined) this.#report(client, request.clientStats);
          return;
        }
        clock.clearTimeout(timer);
        const asked = nameOf(request);
        const watched = watchChecked(this.lists, asked, call);
        if (watched === undefined) throw StatusError.notFound(`no backends are known for "${asked}"`);
        client = this.log.open(watched.name, call.peer.address);
        subscriber.next(initialResponse(reportIntervalMs));
        work.add(this.#follow(watched, subscriber));
      };
      work.add(
        requests.subscribe({
          next: (request) => {
            try {
              receive(request);
            } catch (error) {
              subscriber.error(error);
            }
          },
          error: (error: unknown) => subscriber.error(error),
          // Whoever reports nothing more may still listen.
          complete: () => {
            if (client === undefined) subscriber.error(invalid("no initial_request"));
          },
        }),
      );
      return () => {
        clock.clearTimeout(timer);
        work.unsubscribe();
        if (client !== undefined) this.log.close(client);
      };
    });
    // Clients come again, elsewhere; their streams are for ever, and must not hold the drain.
    return responses.pipe(takeUntil(fromEvent(draining, "abort")));
  }

  #report(client: LoggedClient, stats: ClientStats): void {
    const fault = statsFault(stats);
    if (fault !== undefined) throw invalid(`client_stats with ${fault}`);
    this.log.report(client, stats);
  }

  /** Passes on each list that differs from the one before. */
  #follow(
    { lists, where }: WatchedLists,
    subscriber: { next(response: LoadBalanceResponseInit): void; error(error: unknown): void },
  ): Subscription {
    let last = "";
    return lists.subscribe({
      next: (list) => {
        try {
          const { response, text } = list === "fallback" ? fallback : this.#toSent(list);
          if (text === last) return;
          last = text;
          subscriber.next(response);
        } catch (cause) {
          subscriber.error(new TypeError(`${where}: ${(cause as Error).message}`, { cause }));
        }
      },
      error: (error: unknown) => subscriber.error(error),
      // A list that does not change any more.
      complete: () => undefined,
    });
  }

  #toSent(list: BackendList): SentList {
    let sent = this.#sent.get(list);
    if (sent === undefined) {
      const servers = toServerEntries(list);
      const text = JSON.stringify(servers);
      sent = { response: { serverList: { servers } }, text };
      this.#sent.set(list, sent);
    }
    return sent;
  }
}

const fallback: SentList = { response: { fallbackResponse: {} }, text: "fallback" };

function nameOf({ initialRequest }: LoadBalanceRequest): string {
  if (initialRequest === undefined) throw invalid("the first message is no initial_request");
  const { name } = initialRequest;
  if (Buffer.byteLength(name) > MAX_NAME_BYTES)
    throw invalid(`the name is longer than ${MAX_NAME_BYTES} bytes`);
  return name;
}

function initialResponse(intervalMs: number): LoadBalanceResponseInit {
  const interval = { seconds: Math.floor(intervalMs / 1000), nanos: Math.floor((intervalMs % 1000) * 1e6) };
  return { initialResponse: intervalMs > 0 ? { clientStatsReportInterval: interval } : {} };
}

function invalid(what: string): StatusError {
  return StatusError.invalidArgument(`BalanceLoad: ${what}`);
}
