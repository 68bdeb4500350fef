import { Observable, type Subscriber } from "rxjs";
import type { Endpoint } from "./endpoint.js";
import { parseAddress } from "./host-port.js";
import type { Resolution, Resolver, ResolverDefinition } from "./resolver.js";
import type { Target } from "./target.js";

/** An endpoint, or the text of its only address: `10.0.0.1:50051`, `unix:/run/orders.sock`. */
export type EndpointSource = Endpoint | string;

export function toEndpoint(source: EndpointSource): Endpoint {
  return typeof source === "string" ? { addresses: [parseAddress(source)] } : source;
}

/** The parts of a list with commas. Throws an Error, in words, if it is empty, or a part is wrong. */
export function parseEndpoints(list: string, parse: (part: string) => Endpoint = toEndpoint): Endpoint[] {
  if (list.trim() === "") throw new Error("it lists no address");
  return list.split(",").map((part) => parse(part.trim()));
}

/** What is known once and for all. It stays open, for asking again would tell nothing new. */
export function fixed(resolution: Resolution): Observable<Resolution> {
  return new Observable((subscriber) => subscriber.next(resolution));
}

/**
 * Endpoints that a program sets, and may set anew. It gives every target the same list.
 *
 * ```ts
 * const orders = new StaticResolver(["10.0.0.1:50051", "10.0.0.2:50051"]);
 * const channel = createChannel("static:///orders", { resolvers: [staticResolver({ orders })] });
 * orders.set(["10.0.0.3:50051"]);
 * ```
 */
export class StaticResolver implements Resolver {
  readonly #subscribers = new Set<Subscriber<Resolution>>();
  #resolution: Resolution | undefined;
  #error: Error | undefined;

  /** Without a list, channels wait until one is set. */
  constructor(endpoints?: readonly EndpointSource[] | Resolution) {
    if (endpoints !== undefined) this.set(endpoints);
  }

  /** Replaces the list, for all channels at once. */
  set(endpoints: readonly EndpointSource[] | Resolution): void {
    const resolution = "endpoints" in endpoints ? endpoints : { endpoints: endpoints.map(toEndpoint) };
    this.#resolution = resolution;
    this.#error = undefined;
    for (const subscriber of [...this.#subscribers]) subscriber.next(resolution);
  }

  /** There is nothing usable until a list is set: channels keep the last one, and ask again with back-off. */
  fail(error: Error): void {
    this.#error = error;
    for (const subscriber of [...this.#subscribers]) subscriber.error(error);
  }

  resolve(): Observable<Resolution> {
    return new Observable((subscriber) => {
      if (this.#error !== undefined) {
        subscriber.error(this.#error);
        return;
      }
      this.#subscribers.add(subscriber);
      subscriber.add(() => this.#subscribers.delete(subscriber));
      if (this.#resolution !== undefined) subscriber.next(this.#resolution);
    });
  }
}

/**
 * The scheme `static`: a list in the target itself, `static:///10.0.0.1:50051,10.0.0.2:50051`, or a name from the
 * given table, `static:///orders`.
 */
export function staticResolver(
  names: Readonly<Record<string, readonly EndpointSource[] | StaticResolver>> = {},
): ResolverDefinition {
  const table = new Map(
    Object.entries(names).map(([name, list]) => [
      name,
      list instanceof StaticResolver ? list : new StaticResolver(list),
    ]),
  );
  const listIn = (target: Target): Endpoint[] => {
    try {
      return parseEndpoints(target.endpoint);
    } catch (cause) {
      const known = table.size === 0 ? "" : `, nor one of the known names: ${[...table.keys()].join(", ")}`;
      throw new Error(`"${target.text}" is no list of addresses: ${(cause as Error).message}${known}`, {
        cause,
      });
    }
  };
  return {
    scheme: "static",
    resolver: {
      check(target) {
        if (target.authority !== "") {
          throw new Error(
            `"${target.text}" has two slashes, and "${target.authority}" behind them; use three`,
          );
        }
        if (!table.has(target.endpoint)) listIn(target);
      },
      resolve: (target) => table.get(target.endpoint)?.resolve() ?? fixed({ endpoints: listIn(target) }),
      // Of a list, the first: a certificate is checked against one name.
      authority: ({ endpoint }) => (table.has(endpoint) ? endpoint : endpoint.split(",", 1)[0]!.trim()),
    },
  };
}
