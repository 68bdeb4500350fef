import { catchError, combineLatest, map, type Observable, of, repeat, tap } from "rxjs";
import { type Endpoint, formatAddress, type Resolution, type TcpAddress } from "../../client/index.js";
import type { Clock, Logger } from "../../rpc/index.js";
import { wait } from "../wait.js";
import type { Backend } from "./backend-list.js";
import { toBytes } from "./server-entries.js";

export interface ListedBackendsOptions {
  /** What is told of each; without it, the registry's own token. */
  readonly token: ((endpoint: Endpoint) => string) | undefined;
  readonly watchName: (target: string) => Observable<Resolution>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** When a host that was not found is looked up again. */
const RETRY_MS = 5000;

/**
 * The backends of a resolver's list. Clients take IP addresses only, so hosts are looked up, and followed; one that is
 * not found is left out for the time being, as is what has no port.
 */
export function listedBackends(
  endpoints: readonly Endpoint[],
  options: ListedBackendsOptions,
): Observable<readonly Backend[]> {
  const found = endpoints.map((endpoint) => {
    const { weight, lbToken } = endpoint;
    const token = options.token?.(endpoint) ?? lbToken;
    return addressesOf(endpoint, options).pipe(
      map((addresses) =>
        addresses.map(
          ({ host, port }): Backend => ({
            ...{ host, port },
            ...(weight !== undefined && { weight }),
            ...(token !== undefined && { token }),
          }),
        ),
      ),
    );
  });
  return found.length === 0 ? of([]) : combineLatest(found).pipe(map((lists) => lists.flat()));
}

/** One backend with several addresses is listed by the first that clients can use; a host by all that it stands for. */
function addressesOf(endpoint: Endpoint, options: ListedBackendsOptions): Observable<readonly TcpAddress[]> {
  const withPort = endpoint.addresses.filter((address): address is TcpAddress => "port" in address);
  const numeric = withPort.find(({ host }) => toBytes(host) !== undefined);
  if (numeric !== undefined) return of([numeric]);
  const [named] = withPort;
  if (named === undefined) {
    const addresses = endpoint.addresses.map(formatAddress);
    options.logger.warn({ addresses }, "a backend without an IP address is left out");
    return of([]);
  }
  return lookUp(named, options);
}

function lookUp(
  address: TcpAddress,
  { watchName, clock, logger }: ListedBackendsOptions,
): Observable<readonly TcpAddress[]> {
  const name = formatAddress(address);
  return watchName(`dns:///${name}`).pipe(
    map(({ endpoints }) => endpoints.flatMap(({ addresses }) => addresses as readonly TcpAddress[])),
    tap((addresses) => {
      if (addresses.length === 0) throw new Error("it has no addresses");
    }),
    catchError((error: unknown) => {
      logger.warn({ host: name, error: String(error) }, "a backend is not found, and left out");
      return of([]);
    }),
    // Only what has failed completes.
    repeat({ delay: () => wait(clock, RETRY_MS) }),
  );
}
