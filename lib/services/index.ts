/**
 * Ready-made services, each an ordinary module to import: the health of services, load reports that clients
 * balance by, servers that tell clients where to go, and a look inside. They use only what users have too; start with `health/health-module.ts`.
 */
export type { HealthIndicator, HealthOptions } from "./health/health-indicator.js";
export { HealthModule, type HealthModuleOptions } from "./health/health-module.js";
export { HealthStatuses, type ServingStatus } from "./health/health-statuses.js";
export { InspectModule, type InspectModuleOptions } from "./inspect/inspect-module.js";
export type { Backend, BackendList, BackendLists } from "./load-balancer/backend-list.js";
export {
  type BalancedClient,
  type CallCounts,
  type ClientReport,
  ClientStatsLog,
} from "./load-balancer/client-stats-log.js";
export {
  type BackendListsClassOptions,
  type BackendListsOptions,
  type BalancerOptions,
  type BalancerSource,
  LoadBalancerModule,
  type NamedServicesOptions,
} from "./load-balancer/load-balancer-module.js";
export type { BalancedService, BalancedServices } from "./load-balancer/named-services.js";
export type { ReportedWeightsOptions } from "./load-balancer/reported-weights.js";
export { type CallLoad, callLoad } from "./load-report/call-load.js";
export { LoadReportModule } from "./load-report/load-report-module.js";
export type { LoadReportOptions } from "./load-report/load-report-options.js";
export { LoadReportInterceptor, ReportLoad, type ReportLoadOptions } from "./load-report/report-load.js";
export { ServerLoad } from "./load-report/server-load.js";
export type { Route, RouteKey, RouteLookup } from "./route-lookup/route-lookup.js";
export {
  RouteLookupModule,
  type RouteLookupOptions,
  type RouteSource,
} from "./route-lookup/route-lookup-module.js";
export type { RouteFileOptions } from "./route-lookup/watched-routes.js";
