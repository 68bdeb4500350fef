import { type AsyncOptions, asyncModule, type DynamicModule, Global, Module } from "../../app/index.js";
import { LOAD_REPORT_OPTIONS, type LoadReportOptions } from "./load-report-options.js";
import { LoadReporter } from "./load-reporter.js";
import { OpenRcaController } from "./open-rca-controller.js";
import { LoadReportInterceptor } from "./report-load.js";
import { ServerLoad } from "./server-load.js";

/**
 * Tells clients how busy this server is (ORCA), so that `weighted_round_robin` can send each its share: with the end
 * of calls to what `@ReportLoad` marks, and by `xds.service.orca.v3.OpenRcaService`. Calls, failures and processor
 * time are measured; {@link ServerLoad} and {@link callLoad} tell what only the application knows.
 *
 * ```ts
 * @Module({ imports: [LoadReportModule], controllers: [AtlasController] })
 *
 * @GrpcService(Atlas)
 * @ReportLoad()
 * class AtlasController {
 *   @GrpcMethod()
 *   getCity(request: GetCityRequest, call: CallContext) {
 *     callLoad(call).recordRequestCost("rows", 12);
 *     …
 * ```
 */
@Global()
@Module({
  controllers: [OpenRcaController],
  providers: [ServerLoad, LoadReporter, LoadReportInterceptor],
  exports: [ServerLoad, LoadReportInterceptor],
})
export class LoadReportModule {
  static forRoot(options: LoadReportOptions = {}): DynamicModule {
    return {
      module: LoadReportModule,
      providers: [{ provide: LOAD_REPORT_OPTIONS, useValue: options }],
    };
  }

  /** With options that are not known while modules are written. */
  static forRootAsync(options: AsyncOptions<LoadReportOptions>): DynamicModule {
    return asyncModule(LoadReportModule, LOAD_REPORT_OPTIONS, options);
  }
}
