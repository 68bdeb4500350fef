import {
  type AsyncOptions,
  asyncModule,
  type ConcreteClass,
  type DynamicModule,
  Module,
  type ModuleImport,
} from "../../app/index.js";
import { HealthController } from "./health-controller.js";
import {
  HEALTH_OPTIONS,
  type HealthIndicator,
  type HealthOptions,
  HealthRounds,
} from "./health-indicator.js";
import { HealthStatuses } from "./health-statuses.js";

export interface HealthModuleOptions extends Omit<HealthOptions, "indicators"> {
  /** Instances, or classes that are built with injection. */
  readonly indicators?: readonly (ConcreteClass<HealthIndicator> | HealthIndicator)[];
  /** Modules that export what the indicators ask for. */
  readonly imports?: readonly ModuleImport[];
}

/**
 * Serves `grpc.health.v1.Health`. As it is, all services of the application are SERVING until it closes; with
 * indicators as long as these are content; and by {@link HealthStatuses} as anybody says.
 *
 * ```ts
 * @Injectable()
 * class DatabaseIndicator implements HealthIndicator {
 *   constructor(private readonly database: Database) {}
 *   async check() { await this.database.ping(); }
 * }
 *
 * imports: [HealthModule.forRoot({ imports: [DatabaseModule], indicators: [DatabaseIndicator] })]
 * ```
 */
@Module({
  controllers: [HealthController],
  providers: [HealthStatuses, HealthRounds],
  exports: [HealthStatuses],
})
export class HealthModule {
  static forRoot({ indicators = [], imports = [], ...options }: HealthModuleOptions = {}): DynamicModule {
    const classes = indicators.filter((entry) => typeof entry === "function");
    const complete = (...built: HealthIndicator[]): HealthOptions => ({
      ...options,
      indicators: indicators.map((entry) =>
        typeof entry === "function" ? built[classes.indexOf(entry)]! : entry,
      ),
    });
    return {
      module: HealthModule,
      imports,
      providers: [...new Set(classes), { provide: HEALTH_OPTIONS, useFactory: complete, inject: classes }],
    };
  }

  /** With options that are not known while modules are written. */
  static forRootAsync(options: AsyncOptions<HealthOptions>): DynamicModule {
    return asyncModule(HealthModule, HEALTH_OPTIONS, options);
  }
}
