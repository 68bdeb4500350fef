import { createClient } from "../../client/index.js";
import type { ClientInterceptor } from "../../rpc/index.js";
import type { ServiceType } from "../../schema/index.js";
import type { OnModuleDestroy } from "../lifecycle.js";
import type { InjectionToken } from "../provider.js";
import type { ChannelLease } from "./channel-pool.js";
import type { DividedSettings } from "./client-settings.js";

/** Under it stands the source of a client. */
export interface SourceToken extends InjectionToken<ClientSource> {
  readonly source: true;
}

export function isSourceToken(token: unknown): token is SourceToken {
  return typeof token === "object" && token !== null && "source" in token;
}

/** Makes the clients of one declaration: they share its channel, and differ in what stands around their calls. */
export class ClientSource implements OnModuleDestroy {
  readonly #service: ServiceType;
  readonly #lease: ChannelLease;
  readonly #options: DividedSettings["calls"];
  /** Outside those of an injecting class: the application's, the module's. */
  readonly #outer: readonly ClientInterceptor[];
  readonly #inner: readonly ClientInterceptor[];

  constructor(
    service: ServiceType,
    lease: ChannelLease,
    options: DividedSettings["calls"],
    outer: readonly ClientInterceptor[],
    inner: readonly ClientInterceptor[],
  ) {
    this.#service = service;
    this.#lease = lease;
    this.#options = options;
    this.#outer = outer;
    this.#inner = inner;
  }

  create(ofClass: readonly ClientInterceptor[] = []): object {
    const interceptors = [...this.#outer, ...ofClass, ...this.#inner];
    return createClient(this.#service, this.#lease.channel, { ...this.#options, interceptors });
  }

  /** Behind all that uses its clients, since it was built before. */
  onModuleDestroy(): Promise<void> {
    return this.#lease.release();
  }
}
