import type { Observable } from "rxjs";
import { formatAddress } from "../../client/index.js";
import type { CallContext } from "../../rpc/index.js";

/** A server that takes calls. */
export interface Backend {
  /** An IP address: clients of `grpclb` look up no names. */
  readonly host: string;
  readonly port: number;
  /** Its share of calls, against the others. Default: 1. */
  readonly weight?: number;
  /** The backend gets it with each call, as the header `lb-token`. At most 50 bytes. */
  readonly token?: string;
}

/** All that clients are told at one moment. */
export interface BackendList {
  /** An empty list lets calls fail. */
  readonly backends: readonly Backend[];
  /** Shares of calls that clients let fail on purpose, by a token for each reason: `{ overload: 0.1 }`. */
  readonly drops?: Readonly<Record<string, number>>;
}

/** Says which backends serve a name. Clients hear of each list at once; those who read slowly, of the newest only. */
export interface BackendLists {
  /**
   * Undefined for a name that nobody knows. Whoever watches a name gets its list first, then each new one;
   * `"fallback"` lets clients use the addresses that their own resolver gave them. An error ends the streams of its
   * clients with its status, and they come again with back-off.
   */
  watch(name: string, call: CallContext): Observable<BackendList | "fallback"> | undefined;

  /** What a name is counted as in the `ClientStatsLog`, where several stand for the same. Default: itself. */
  canonicalName?(name: string): string;
}

/** As targets have it. */
export function backendAddress({ host, port }: Backend): string {
  return formatAddress({ host, port });
}
