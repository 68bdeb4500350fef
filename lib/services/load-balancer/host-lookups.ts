import { catchError, map, type Observable, of, repeat, type Subscription, tap } from "rxjs";
import { formatAddress, type Resolution, type TcpAddress } from "../../client/index.js";
import type { Clock, Logger } from "../../rpc/index.js";
import { wait } from "../wait.js";

export interface HostLookupsOptions {
  readonly watchName: (target: string) => Observable<Resolution>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** When a host that was not found is looked up again. */
const RETRY_MS = 5000;
/** A list is held back for so long for the sake of a host that was not looked up before. */
const GRACE_MS = 500;

/** The addresses of hosts, each of which is followed for as long as any list has it. */
export class HostLookups {
  readonly #options: HostLookupsOptions;
  readonly #onChange: () => void;
  readonly #hosts = new Map<string, HostLookup>();
  #following = false;

  /** `onChange` is called when there is something new, but not from within {@link follow}. */
  constructor(options: HostLookupsOptions, onChange: () => void) {
    this.#options = options;
    this.#onChange = () => {
      if (!this.#following) onChange();
    };
  }

  /** These hosts, and no others. */
  follow(hosts: readonly TcpAddress[]): void {
    const names = new Set(hosts.map(formatAddress));
    for (const [name, host] of this.#hosts) {
      if (names.has(name)) continue;
      this.#hosts.delete(name);
      host.close();
    }
    this.#following = true;
    for (const name of names) {
      if (this.#hosts.has(name)) continue;
      this.#hosts.set(name, new HostLookup(name, this.#options, this.#onChange));
    }
    this.#following = false;
  }

  /** None as long as it was not found. */
  addressesOf(host: TcpAddress): readonly TcpAddress[] {
    return this.#hosts.get(formatAddress(host))?.addresses ?? [];
  }

  /** Whether there are hosts that nothing is known of yet. */
  get areOpen(): boolean {
    return this.#some(({ addresses }) => addresses === undefined);
  }

  /** Whether it is worth waiting for one of those. */
  get areAwaited(): boolean {
    return this.#some(({ addresses, isLate }) => addresses === undefined && !isLate);
  }

  close(): void {
    this.follow([]);
  }

  #some(isSo: (host: HostLookup) => boolean): boolean {
    for (const host of this.#hosts.values()) if (isSo(host)) return true;
    return false;
  }
}

class HostLookup {
  /** Undefined before the first answer. */
  addresses: readonly TcpAddress[] | undefined;
  isLate = false;
  readonly #clock: Clock;
  readonly #grace: unknown;
  readonly #subscription: Subscription;
  #isLost = false;

  constructor(name: string, options: HostLookupsOptions, onChange: () => void) {
    const { watchName, clock, logger } = options;
    this.#clock = clock;
    this.#grace = clock.setTimeout(() => {
      this.isLate = true;
      if (this.addresses === undefined) onChange();
    }, GRACE_MS);
    const found = watchName(`dns:///${name}`).pipe(
      map(({ endpoints }) => endpoints.flatMap(({ addresses }) => addresses as readonly TcpAddress[])),
      tap((addresses) => {
        if (addresses.length === 0) throw new Error("it has no addresses");
        this.#isLost = false;
      }),
      catchError((error: unknown) => {
        // It is asked for again and again; once is enough to say so.
        if (!this.#isLost) {
          logger.warn({ host: name, error: String(error) }, "a backend is not found, and left out");
        }
        this.#isLost = true;
        return of([]);
      }),
      // Only what has failed completes.
      repeat({ delay: () => wait(clock, RETRY_MS) }),
    );
    this.#subscription = found.subscribe((addresses) => {
      const isNews = JSON.stringify(addresses) !== JSON.stringify(this.addresses);
      this.addresses = addresses;
      if (isNews) onChange();
    });
  }

  close(): void {
    this.#clock.clearTimeout(this.#grace);
    this.#subscription.unsubscribe();
  }
}
