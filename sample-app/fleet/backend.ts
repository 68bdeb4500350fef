/** One Atlas backend of the fleet, in a process of its own: the sample's own app, behind a registry. */
import { setTimeout as pause } from "node:timers/promises";
import {
  type CallContext,
  type CallHandler,
  type DynamicModule,
  GrpcApplication,
  type Interceptor,
  Module,
  silentLogger,
  tcp,
} from "grebe";
import { HealthModule, LoadReportInterceptor, LoadReportModule, ServerLoad } from "grebe/services";
import type { Observable } from "rxjs";
import { AppModule } from "../app.module.js";
import { AUDIT_LOG } from "../atlas/audit.interceptor.js";
import { type Registry, registryModule } from "./registry.js";
import { complaints, serve } from "./serve.js";

/** What a backend is told, as JSON. */
export interface BackendSettings {
  readonly registry: Registry;
  /** 0 takes any free port. */
  readonly port: number;
  readonly delayMs: number;
  /** Undefined to measure it. */
  readonly utilization: number | undefined;
  readonly weight: number | undefined;
  readonly zone: string;
}

const DRAIN_LIMIT_MS = 2000;
/** What the load that is given on the command line is a load of. */
const NOMINAL_QPS = 100;
/** Clients of the fleet look for dead peers every two seconds. */
const MIN_PING_INTERVAL_MS = 1000;

@Module({ imports: [AppModule, HealthModule, LoadReportModule] })
class BackendModule {
  static forRoot({ registry, port, weight, zone }: BackendSettings): DynamicModule {
    return {
      module: BackendModule,
      imports: [registryModule(registry, { zone, ...(weight !== undefined && { weight }) })],
      listeners: [tcp({ port, minPingIntervalMs: MIN_PING_INTERVAL_MS })],
    };
  }
}

/** Stands for work that takes its time. */
class Delay implements Interceptor {
  constructor(private readonly delayMs: number) {}

  async intercept(_call: CallContext, next: CallHandler): Promise<Observable<unknown>> {
    await pause(this.delayMs);
    return next.handle();
  }
}

await serve(async (settings: BackendSettings) => {
  const app = await GrpcApplication.create(BackendModule.forRoot(settings), {
    interceptors: [LoadReportInterceptor, ...(settings.delayMs > 0 ? [new Delay(settings.delayMs)] : [])],
    logger: complaints,
    overrides: new Map([[AUDIT_LOG, { useValue: silentLogger }]]),
    signals: ["SIGTERM"],
    drainLimitMs: DRAIN_LIMIT_MS,
  });
  if (settings.utilization !== undefined) {
    // At the same rate everywhere: a load that stays while more calls come would seem the better the more there are.
    const load = app.get(ServerLoad);
    load.setQps(NOMINAL_QPS);
    load.setApplicationUtilization(settings.utilization);
  }
  return app;
});
