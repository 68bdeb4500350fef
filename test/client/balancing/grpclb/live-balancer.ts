/** A real balancer, and real backends for it. */
import { NEVER, type Observable, ReplaySubject, type Subject } from "rxjs";
import { GrpcMethod, GrpcService, Module } from "../../../../lib/app/index.js";
import { StaticResolver } from "../../../../lib/client/index.js";
import { GRPCLB_BALANCERS } from "../../../../lib/client/naming/resolver.js";
import type { CallContext, StatusError } from "../../../../lib/rpc/index.js";
import {
  type ClientStats,
  type LoadBalanceRequest,
  type LoadBalanceResponseInit,
  LoadBalancer,
  type LoadBalancerServer,
} from "../../../../lib/schema/index.js";
import type { Listener } from "../../../../lib/server/index.js";
import { createTestingApp, type TestingApp } from "../../../../lib/testing/index.js";
import { type Probe, startProbe } from "../../../server/probe.js";
import { endpoints } from "../../doubles.js";
import { closeLater } from "../../support.js";

/** Who is asked for what, by whom, and what it answers. */
export class LiveBalancer {
  readonly names: string[] = [];
  readonly authorities: string[] = [];
  readonly userAgents: string[] = [];
  /** What was to prove who calls. */
  readonly proofs: unknown[] = [];
  readonly reports: ClientStats[] = [];
  /** Ends every stream with it. */
  refusal: StatusError | undefined;
  /** Neither greets nor answers. */
  silent = false;
  readonly #streams = new Set<Subject<LoadBalanceResponseInit>>();
  #last: LoadBalanceResponseInit | undefined;
  #app: TestingApp | undefined;

  private constructor(readonly reportMs: number) {}

  static async start(reportMs = 0, listener?: Listener): Promise<LiveBalancer> {
    const balancer = new LiveBalancer(reportMs);
    class Controller {
      balanceLoad(requests: Observable<LoadBalanceRequest>, call: CallContext) {
        return balancer.#serve(requests, call);
      }
    }
    GrpcMethod()(Controller.prototype, "balanceLoad");
    GrpcService(LoadBalancer)(Controller);
    class BalancerModule {}
    Module({ controllers: [Controller] })(BalancerModule);
    balancer.#app = await createTestingApp(BalancerModule, {
      ...(listener && { listeners: [listener] }),
    }).start();
    closeLater(() => balancer.stop());
    return balancer;
  }

  get address(): string {
    return this.#app!.app.listeners.at(-1)!.address;
  }

  /** What all reports add up to. */
  get told() {
    const sum = (of: (report: ClientStats) => string | number): number =>
      this.reports.reduce((total, report) => total + Number(of(report)), 0);
    return {
      started: sum((report) => report.numCallsStarted),
      finished: sum((report) => report.numCallsFinished),
      failedToSend: sum((report) => report.numCallsFinishedWithClientFailedToSend),
      known: sum((report) => report.numCallsFinishedKnownReceived),
    };
  }

  get streams(): number {
    return this.#streams.size;
  }

  #serve(requests: Observable<LoadBalanceRequest>, call: CallContext): Observable<LoadBalanceResponseInit> {
    if (this.refusal !== undefined) throw this.refusal;
    const responses = new ReplaySubject<LoadBalanceResponseInit>();
    this.#streams.add(responses);
    this.authorities.push(call.authority);
    this.proofs.push(...call.metadata.get("authorization"));
    this.userAgents.push(String(call.metadata.get("user-agent")[0]));
    const over = (): void => void this.#streams.delete(responses);
    requests.subscribe({
      next: ({ initialRequest, clientStats }) => {
        if (initialRequest !== undefined) this.names.push(initialRequest.name);
        if (clientStats !== undefined) this.reports.push(clientStats);
      },
      error: over,
      complete: over,
    });
    if (this.silent) return NEVER;
    const nanos = (this.reportMs % 1000) * 1e6;
    responses.next({
      initialResponse: {
        clientStatsReportInterval: { seconds: Math.floor(this.reportMs / 1000), nanos },
      },
    });
    if (this.#last !== undefined) responses.next(this.#last);
    return responses;
  }

  /** To all streams, now and later. */
  list(...servers: readonly LoadBalancerServer[]): void {
    this.#send({ serverList: { servers } });
  }

  fallback(): void {
    this.#send({ fallbackResponse: {} });
  }

  #send(response: LoadBalanceResponseInit): void {
    this.#last = response;
    for (const stream of this.#streams) stream.next(response);
  }

  /** Ends all streams with an error, and refuses others from now on. */
  fail(status: StatusError): void {
    this.refusal = status;
    for (const stream of this.#streams) stream.error(status);
    this.#streams.clear();
  }

  async stop(): Promise<void> {
    for (const stream of this.#streams) stream.complete();
    this.#streams.clear();
    await this.#app?.close();
    this.#app = undefined;
  }
}

/** A backend that keeps the token of each call. */
export class LiveBackend {
  readonly tokens: (string | undefined)[] = [];
  readonly userAgents = new Set<string>();
  #probe: Probe | undefined;

  static async start(listener?: Listener): Promise<LiveBackend> {
    const backend = new LiveBackend();
    const note = (call: CallContext): void => {
      backend.tokens.push(call.metadata.get("lb-token")[0] as string | undefined);
      backend.userAgents.add(String(call.metadata.get("user-agent")[0]));
    };
    backend.#probe = await startProbe(
      {
        one: (request, call) => {
          note(call);
          return request;
        },
        chat: (requests: Observable<unknown>, call) => {
          note(call);
          return requests;
        },
      },
      { ...(listener && { listeners: [listener] }) },
    );
    closeLater(() => backend.stop());
    return backend;
  }

  get address(): string {
    return this.#probe!.app.listeners.at(-1)!.address;
  }

  get calls(): number {
    return this.tokens.length;
  }

  async stop(): Promise<void> {
    await this.#probe?.stop();
    this.#probe = undefined;
  }
}

/** A name whose balancers and fallback the test sets. */
export class LiveName extends StaticResolver {
  give(balancers: readonly string[], fallback: readonly string[] = []): void {
    this.set({
      endpoints: endpoints(...fallback),
      ...(balancers.length > 0 && { attributes: { [GRPCLB_BALANCERS]: endpoints(...balancers) } }),
    });
  }
}
