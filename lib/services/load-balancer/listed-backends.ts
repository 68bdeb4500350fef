import { Observable, type OperatorFunction } from "rxjs";
import { type Endpoint, formatAddress, type TcpAddress } from "../../client/index.js";
import type { Backend } from "./backend-list.js";
import { HostLookups, type HostLookupsOptions } from "./host-lookups.js";
import { backendFault, toBytes } from "./server-entries.js";

export interface ListedBackendsOptions extends HostLookupsOptions {
  /** What is told of each; without it, the registry's own token. */
  readonly token: ((endpoint: Endpoint) => string) | undefined;
  /** Whether the registry's weights count. */
  readonly weighted: boolean;
}

/**
 * The backends of a resolver's lists. Clients take IP addresses only, so hosts are looked up, and followed; one that is
 * slow to be found holds nobody up for long. What clients cannot be told of is left out, and in the log, once.
 */
export function listedBackends(
  options: ListedBackendsOptions,
): OperatorFunction<readonly Endpoint[], readonly Backend[]> {
  return (lists) =>
    new Observable((subscriber) => {
      const faults = new FaultLog(options);
      let endpoints: readonly Endpoint[] | undefined;
      const publish = (): void => {
        if (endpoints === undefined || hosts.areAwaited) return;
        const backends = endpoints.flatMap((endpoint) => backendsOf(endpoint, hosts, options, faults));
        faults.endOfList();
        // That nobody serves is said only when it is known.
        if (backends.length > 0 || !hosts.areOpen) subscriber.next(backends);
      };
      const hosts = new HostLookups(options, publish);
      subscriber.add(() => hosts.close());
      subscriber.add(
        lists.subscribe({
          next: (list) => {
            endpoints = list;
            hosts.follow(list.flatMap(hostsOf));
            publish();
          },
          error: (error: unknown) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
    });
}

/** One backend with several addresses is listed by the first that clients can use; a host by all that it stands for. */
function addressOf({ addresses }: Endpoint): TcpAddress | undefined {
  const withPort = addresses.filter((address): address is TcpAddress => "port" in address);
  return withPort.find(isNumeric) ?? withPort[0];
}

/** What is to be looked up. */
function hostsOf(endpoint: Endpoint): TcpAddress[] {
  const address = addressOf(endpoint);
  return address === undefined || isNumeric(address) ? [] : [address];
}

function isNumeric({ host }: TcpAddress): boolean {
  return toBytes(host) !== undefined;
}

function backendsOf(
  endpoint: Endpoint,
  hosts: HostLookups,
  { token: tokenOf, weighted }: ListedBackendsOptions,
  faults: FaultLog,
): Backend[] {
  const address = addressOf(endpoint);
  if (address === undefined) {
    faults.report(endpoint, "it has no IP address");
    return [];
  }
  const { weight, lbToken } = endpoint;
  let token = lbToken;
  try {
    token = tokenOf?.(endpoint) ?? lbToken;
  } catch (error) {
    faults.report(endpoint, `its token function threw ${String(error)}`);
    return [];
  }
  const found = isNumeric(address) ? [address] : hosts.addressesOf(address);
  const backends = found.map(
    ({ host, port }): Backend => ({
      ...{ host, port },
      ...(weighted && weight !== undefined && { weight }),
      ...(token !== undefined && { token }),
    }),
  );
  const fault = backends.map(backendFault).find((text) => text !== undefined);
  if (fault !== undefined) faults.report(endpoint, fault);
  return fault === undefined ? backends : [];
}

/** Says of each entry what is wrong with it, but not with each list anew. */
class FaultLog {
  readonly #logger: ListedBackendsOptions["logger"];
  #told = new Set<string>();
  #current = new Set<string>();

  constructor({ logger }: Pick<ListedBackendsOptions, "logger">) {
    this.#logger = logger;
  }

  report({ addresses }: Endpoint, fault: string): void {
    const fields = { addresses: addresses.map(formatAddress), fault };
    const key = JSON.stringify(fields);
    if (!this.#told.has(key) && !this.#current.has(key)) {
      this.#logger.warn(fields, "a backend is left out: clients cannot be told of it");
    }
    this.#current.add(key);
  }

  /** What the list does not have any more is news when it comes back. */
  endOfList(): void {
    this.#told = this.#current;
    this.#current = new Set();
  }
}
