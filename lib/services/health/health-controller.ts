import { fromEvent, map, type Observable, take, takeUntil } from "rxjs";
import { GrpcMethod, GrpcService, Inject } from "../../app/index.js";
import { type CallContext, StatusError } from "../../rpc/index.js";
import {
  Health,
  type HealthCheckRequest,
  type HealthCheckResponse,
  type HealthListResponse,
} from "../../schema/index.js";
import { HealthStatuses } from "./health-statuses.js";

/** https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
@GrpcService(Health)
export class HealthController {
  constructor(@Inject(HealthStatuses) private readonly statuses: HealthStatuses) {}

  @GrpcMethod()
  check({ service }: HealthCheckRequest, call: CallContext): HealthCheckResponse {
    const status = this.statuses.get(service);
    if (status === undefined) {
      throw StatusError.notFound(`unknown service "${service}"`, { path: call.method.path });
    }
    return { status };
  }

  @GrpcMethod()
  list(): HealthListResponse {
    const entries = Array.from(this.statuses.list(), ([service, status]) => [service, { status }]);
    return { statuses: Object.fromEntries(entries) };
  }

  /** Who reads slowly gets the newest status only. */
  @GrpcMethod({ overflow: "latest" })
  watch({ service }: HealthCheckRequest, { draining }: CallContext): Observable<HealthCheckResponse> {
    const statuses = this.statuses.watch(service).pipe(map((status) => ({ status })));
    // Watches are for ever, and must not hold the drain.
    return statuses.pipe(draining.aborted ? take(1) : takeUntil(fromEvent(draining, "abort")));
  }
}
