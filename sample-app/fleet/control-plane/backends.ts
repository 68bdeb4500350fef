import {
  APPLICATION,
  type ApplicationView,
  formatAddress,
  Inject,
  Injectable,
  injectionToken,
  type OnModuleDestroy,
  type OnModuleInit,
  type TcpAddress,
} from "grebe";
import { BehaviorSubject, combineLatest, defer, map, ReplaySubject, retry, type Subscription } from "rxjs";

/** Where the registry lists the backends. */
export const BACKENDS_TARGET = injectionToken<string>("BACKENDS_TARGET");

/** A backend, as it has registered. */
export interface RegisteredBackend extends TcpAddress {
  readonly weight: number;
}

/** Who is there, and who of them is to have more of the calls than the others. */
export interface Division {
  readonly favourite: RegisteredBackend | undefined;
  readonly others: readonly RegisteredBackend[];
}

const RETRY_MS = 1000;

/** The backends that the registry has, and the one that somebody has chosen. */
@Injectable()
export class Backends implements OnModuleInit, OnModuleDestroy {
  /** By its address. */
  readonly favourite = new BehaviorSubject<string | undefined>(undefined);
  readonly division = new ReplaySubject<Division>(1);
  #following: Subscription | undefined;

  constructor(
    @Inject(APPLICATION) private readonly app: ApplicationView,
    @Inject(BACKENDS_TARGET) private readonly target: string,
  ) {}

  onModuleInit(): void {
    const found = defer(() => this.app.watchName(this.target)).pipe(
      map(({ endpoints }) =>
        endpoints.flatMap(({ addresses, weight = 1 }) =>
          addresses.filter(hasPort).map((address) => ({ ...address, weight })),
        ),
      ),
      retry({ delay: RETRY_MS }),
    );
    this.#following = combineLatest([found, this.favourite])
      .pipe(map(([backends, favourite]) => divide(backends, favourite)))
      .subscribe(this.division);
  }

  onModuleDestroy(): void {
    this.#following?.unsubscribe();
  }
}

function hasPort(address: object): address is TcpAddress {
  return "port" in address;
}

/** A favourite that is gone is none. */
function divide(backends: readonly RegisteredBackend[], favourite: string | undefined): Division {
  const isFavourite = (backend: TcpAddress): boolean => formatAddress(backend) === favourite;
  return {
    favourite: backends.find(isFavourite),
    others: backends.filter((backend) => !isFavourite(backend)),
  };
}
