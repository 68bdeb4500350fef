import { GrpcMethod, GrpcService, Inject, type InjectionToken, injectionToken } from "../../app/index.js";
import { type CallContext, StatusError } from "../../rpc/index.js";
import {
  type RouteLookupRequest,
  type RouteLookupResponseInit,
  RouteLookupService,
} from "../../schema/index.js";
import { inWords } from "../in-words.js";
import { isObject } from "../option-check.js";
import { headerDataFault, type Route, type RouteKey, type RouteLookup } from "./route-lookup.js";
import { checkInstance } from "./route-lookup-options.js";

export const ROUTE_LOOKUP: InjectionToken<RouteLookup> = injectionToken<RouteLookup>("ROUTE_LOOKUP");

const MAX_SHOWN_KEY = 200;

/** https://github.com/grpc/grpc-proto/blob/master/grpc/lookup/v1/rls.proto */
@GrpcService(RouteLookupService)
export class RouteLookupController {
  constructor(@Inject(ROUTE_LOOKUP) private readonly routes: RouteLookup) {
    checkInstance(routes);
  }

  @GrpcMethod()
  async routeLookup(request: RouteLookupRequest, call: CallContext): Promise<RouteLookupResponseInit> {
    const route = await this.routes.lookup(request.keyMap, request, call);
    // To clients an answer without targets is a failure, and one that tells nobody why.
    if (route === undefined) throw StatusError.notFound(`no route for ${formatKey(request.keyMap)}`);
    return checked(route);
  }
}

/** What a strategy gave, if clients can use it; what is wrong goes to the log, not to clients. */
function checked(route: unknown): RouteLookupResponseInit {
  if (!isObject(route)) throw new TypeError(`lookup must return a route or undefined, got ${inWords(route)}`);
  const { targets, headerData = "" } = route as { readonly [name in keyof Route]: unknown };
  if (!Array.isArray(targets) || targets.length === 0 || !targets.every(isText)) {
    throw new TypeError(
      `lookup must return a route with targets, a list of at least one, got ${inWords(route)}`,
    );
  }
  const fault = headerDataFault(headerData);
  if (fault !== undefined) {
    throw new TypeError(`headerData of a route must be ${fault}, got ${inWords(headerData)}`);
  }
  return { targets, headerData: headerData as string };
}

function isText(target: unknown): boolean {
  return typeof target === "string" && target !== "";
}

function formatKey(key: RouteKey): string {
  const entries = Object.entries(key).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const text = entries.length === 0 ? "a request without a key" : entries.sort().join(", ");
  return text.length <= MAX_SHOWN_KEY ? text : `${text.slice(0, MAX_SHOWN_KEY)}…`;
}
