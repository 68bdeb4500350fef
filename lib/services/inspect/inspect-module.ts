import {
  APPLICATION,
  type ApplicationView,
  type DynamicModule,
  GrpcMethod,
  GrpcService,
  type GuardEntry,
  Inject,
  Injectable,
  injectionToken,
  Module,
  Optional,
  UseGuards,
} from "../../app/index.js";
import { type CallContext, type Guard, StatusError } from "../../rpc/index.js";
import { Inspect, type InspectResponse } from "../../schema/index.js";

export interface InspectModuleOptions {
  /** Answers peers of other machines as well; `guards` then say which. Default: false. */
  readonly remote?: boolean;
  /** Beside those of the application. */
  readonly guards?: readonly GuardEntry[];
}

const INSPECT_OPTIONS = injectionToken<InspectModuleOptions>("INSPECT_OPTIONS");

/** Addresses, names and failures of an application are nobody's business but its keepers'. */
@Injectable()
class LocalPeers implements Guard {
  constructor(@Optional() @Inject(INSPECT_OPTIONS) private readonly options: InspectModuleOptions = {}) {}

  canActivate({ peer }: CallContext): boolean {
    if (this.options.remote === true || isLocal(peer.address)) return true;
    throw StatusError.permissionDenied("this application may be inspected from its own machine only");
  }
}

function isLocal(address: string): boolean {
  return /^(?:unix:|127\.|\[::1\]|\[::ffff:127\.)/.test(address);
}

@GrpcService(Inspect)
@UseGuards(LocalPeers)
class InspectController {
  constructor(@Inject(APPLICATION) private readonly app: ApplicationView) {}

  @GrpcMethod()
  get(): InspectResponse {
    return { json: JSON.stringify(this.app.inspect()) };
  }
}

/**
 * Serves `grebe.inspect.v1.Inspect`, which `grebe inspect <address>` asks: what `app.inspect()` shows. As it is, it
 * answers peers of the same machine only.
 */
@Module({ controllers: [InspectController] })
export class InspectModule {
  static forRoot({ guards = [], ...options }: InspectModuleOptions): DynamicModule {
    return {
      module: InspectModule,
      guards,
      providers: [{ provide: INSPECT_OPTIONS, useValue: options }],
    };
  }
}
