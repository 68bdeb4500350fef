import type { CallContext } from "../../rpc/index.js";
import type { RouteLookupRequest } from "../../schema/index.js";

/** Where the requests of one key go. */
export interface Route {
  /** In order of preference: clients take the first that is not out of order. */
  readonly targets: readonly string[];
  /** Backends get it with each request, as the header `x-google-rls-data`. Printable ASCII. */
  readonly headerData?: string;
}

/** What a client's key builders made of a request: `{ user: "u-17", region: "eu" }`. */
export type RouteKey = Readonly<Record<string, string>>;

/** Says where requests go. Clients remember an answer for as long as their config has it. */
export interface RouteLookup {
  /** Undefined if there is no route; the client then goes to its default target, and asks again after a while. */
  lookup(
    key: RouteKey,
    request: RouteLookupRequest,
    call: CallContext,
  ): Route | undefined | Promise<Route | undefined>;
}

/** Undefined for what backends can be told; otherwise what is wrong with it. */
export function headerDataFault(text: string): string | undefined {
  return /^[\x20-\x7e]*$/.test(text) ? undefined : "printable ASCII, for it is sent as a header";
}
