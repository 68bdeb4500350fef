import type { CallContext } from "../../rpc/index.js";
import type { RouteLookupRequest } from "../../schema/index.js";

/** Where the requests of one key go. */
export interface Route {
  /** In order of preference: clients take the first that is not out of order. */
  readonly targets: readonly string[];
  /** Backends get it with each request, as the header `x-google-rls-data`. Printable ASCII, at most 8 KiB. */
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

/** A request whose headers are longer than its server takes costs all requests beside it their connection. */
const MAX_HEADER_DATA_BYTES = 8192;

/** Undefined for what backends can be told; otherwise what it must be. */
export function headerDataFault(value: unknown): string | undefined {
  // Spaces at its ends would not arrive.
  if (typeof value !== "string" || !/^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/.test(value)) {
    return "printable ASCII without spaces at its ends, for it is sent as a header";
  }
  return value.length <= MAX_HEADER_DATA_BYTES ? undefined : `at most ${MAX_HEADER_DATA_BYTES} bytes`;
}
