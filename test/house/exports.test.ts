import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

/** What is promised to users, by subpath. A change here is a line of the changelog. */
const promised: Record<string, { page: string; values: string; types: string }> = {
  ".": {
    page: "index",
    values: `
      APPLICATION BalancingPolicy CALL_CONTEXT Catch ConfigError ElementType Flow Global
      GrpcApplication GrpcMethod GrpcService Inject InjectClient InjectPerCall Injectable Metadata
      Module NameResolver Optional SERVED_SERVICES StartupError StaticResolver StatusCode
      StatusError TRACE_CONTEXT UseClientInterceptors UseFilters UseGuards UseInterceptors
      Validate annotation asyncModule asyncProviders callKey client clientToken concatMap
      consoleLogger createChannel createClient dnsResolver fileResolver flowOf formatAddress
      formatStatusCode grpclb injectionToken leastRequest mergeMap metadataKey outlierDetection
      overflow parseAddress pickFirst policy priority randomSubsetting readMetadata remainingMs
      ringHash rls roundRobin silentLogger staticResolver systemClock target tcp toFlow
      toStatusError unix watchFile watchName weightedRoundRobin weightedTarget writeMetadata
    `,
    types: `
      Address Annotation ApplicationChannel ApplicationInspection ApplicationOptions
      ApplicationView AsyncOptions BalancingPolicyMethods BalancingPolicyOptions
      BeforeApplicationShutdown BoundListener CallContext CallCredentials CallHandler CallKey CallOptions Channel
      ChannelInspection ChannelOptions ClassProvider Client ClientDeclaration ClientFactoryOptions
      ClientInterceptor ClientOptions ClientSettings ClientTlsOptions ClientToken Clock
      CloseReport Compression ConnectivityState CutCall Deadline DnsOptions DrainReport
      DynamicModule Endpoint EndpointAttributes ErrorDetail ExceptionFilter ExistingProvider
      FactoryProvider FileOptions FileWatchOptions FlowSource GrpcMethodOptions GrpcServiceOptions
      Guard HandlerReference Handlers HedgingPolicyJson HookFailure InheritOptions
      InjectableOptions InjectedArgument InjectionToken Interceptor KeepaliveOptions Lifetime
      Listener ListenerLimits LoadBalancingPolicy Logger MetadataInit MetadataKey MethodConfigJson
      MethodDescriptor MethodKind ModuleClientOptions ModuleOptions OnApplicationBootstrap
      OnApplicationShutdown OnModuleDestroy OnModuleInit OptionsFactory OutgoingCall Overflow
      OverflowOptions Override Peer PickArgs PickResult Picker PolicyConfig Provider Random
      ReadyEndpoint Registrar RequestSource Resolution Resolver ResolverContext ResolverDefinition
      ResolverOptions RetryOptions RetryPolicyJson RouteDescription ServiceConfigJson
      ServiceDescriptor StartupProblem StatusErrorOptions Target TcpAddress TcpOptions TlsOptions
      Token UnixAddress UnixOptions ValidationOptions ValueProvider Violation WatchNameOptions
    `,
  },
  "./ambient": {
    page: "ambient",
    values: `
      currentCall findCall
    `,
    types: "",
  },
  "./balancing": {
    page: "balancing",
    values: `
      Backoff BalancerGroup ConfigReader EndpointSharding EndpointWeight GRPCLB_BALANCERS
      GracefulSwitch PolicyRegistry SubchannelWrapper WeightCounters aggregateStates childHelper
      endpointKey failPicker groupByPath idlePicker parseWeightedRoundRobinConfig queuePicker
      subchannelPicker watchLoadReports weightedPicker
    `,
    types: `
      AttemptOutcome BackoffOptions BalancerGroupOptions BalancerUpdate BalancingContext
      ChannelControlHelper CompletePick ControlChannel ControlChannelOptions GroupMember
      LoadBalancer LoadBalancerFactory LoadReportWatchOptions NameWatchListener PolicyChoice
      PolicyDescription Shard ShardingOptions StreamObserver Subchannel SubchannelListener
      SubchannelStatus UtilizationMetric WatchedName WeightedRoundRobinConfig
    `,
  },
  "./discovery": {
    page: "discovery/index",
    values: `
      EtcdClient EtcdModule EtcdRegistrar EtcdResolver FileRegistrar FileRegistryModule FolderResolver
      MemoryRegistrar MemoryRegistry MemoryRegistryModule MemoryResolver decodeInstance encodeInstance
    `,
    types: `
      EtcdCallOptions EtcdCalls EtcdClientOptions EtcdModuleOptions EtcdRegisterOptions
      EtcdSchemeOptions FileRegisterOptions FileRegistryOptions MemoryRegistryOptions RegisterOption
      RegisterOptions ServiceInstance
    `,
  },
  "./interceptors": {
    page: "interceptors/index",
    values: `
      CircuitBreakerInterceptor ConcurrencyLimitInterceptor DeadlineInterceptor LoggingInterceptor
      RetryBudgetInterceptor TimeoutInterceptor
    `,
    types: `
      CircuitBreakerOptions ConcurrencyLimitOptions DeadlineOptions LoggingOptions RetryBudgetOptions
      TimeoutOptions
    `,
  },
  "./schema": {
    page: "schema/index",
    values: `
      Health HealthCheckResponse_ServingStatus Inspect LoadBalancer OpenRcaService
      RouteLookupRequest_Reason RouteLookupService badRequest debugInfo decodeLoadReport
      decodeStatusDetails defineFile defineService encodeLoadReport encodeStatusDetails errorInfo
      help isWellKnownFile loadDescriptorSet loadSchema localizedMessage preconditionFailure
      quotaFailure requestInfo resourceInfo retryInfo
    `,
    types: `
      ClientStats ClientStatsPerToken EnumType FieldType GeneratedFile HealthCheckRequest
      HealthCheckResponse HealthListResponse InspectResponse LoadBalanceRequest
      LoadBalanceRequestInit LoadBalanceResponse LoadBalanceResponseInit LoadBalancerServer
      LoadBalancerServerInit LoadBalancerServerList LoadBalancerServerListInit MessageForm
      MessageType MethodType OneofType OrcaLoadReport OrcaLoadReportInit OrcaLoadReportRequest
      RouteLookupRequest RouteLookupRequestInit RouteLookupResponse RouteLookupResponseInit Schema
      SchemaOptions ServiceMethods ServiceType StatusDetails TypeRegistry
    `,
  },
  "./services": {
    page: "services/index",
    values: `
      ClientStatsLog HealthModule HealthStatuses InspectModule LoadBalancerModule
      LoadReportInterceptor LoadReportModule ReportLoad RouteLookupModule ServerLoad callLoad
    `,
    types: `
      Backend BackendList BackendLists BackendListsClassOptions BackendListsOptions BalancedClient
      BalancedService BalancedServices BalancerOptions BalancerSource CallCounts CallLoad
      ClientReport HealthIndicator HealthModuleOptions HealthOptions InspectModuleOptions
      LoadReportOptions NamedServicesOptions ReportLoadOptions ReportedWeightsOptions Route
      RouteFileOptions RouteKey RouteLookup RouteLookupOptions RouteSource ServingStatus
    `,
  },
  "./testing": {
    page: "testing/index",
    values: `
      countResources createTestingApp expectNoLeaks
    `,
    types: `
      ResourceCounts TestingApp TestingAppBuilder TestingClientOptions
    `,
  },
};

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
  exports: Record<string, string | { types: string; default: string }>;
};

/** Names of an index file, which lists them by hand. */
function namesOf(source: string): { readonly values: string[]; readonly types: string[] } {
  const text = readFileSync(source, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  assert.doesNotMatch(text, /export \*/, `${source} lists its names by hand`);
  const values: string[] = [];
  const types: string[] = [];
  for (const [, typeWord, list] of text.matchAll(/export (type )?\{([^}]*)\}/g)) {
    for (const entry of list!.split(",").map((part) => part.trim())) {
      if (entry === "") continue;
      const name = entry.split(/\s+/).at(-1)!;
      (typeWord !== undefined || entry.startsWith("type ") ? types : values).push(name);
    }
  }
  return { values: values.sort(), types: types.sort() };
}

test("the subpaths are the promised ones, each with its types, and nothing else is reachable", () => {
  const built = (page: string, ending: string) => `./dist/lib/${page}.${ending}`;
  const expected = Object.entries(promised).map(([subpath, { page }]) => [
    subpath,
    { types: built(page, "d.ts"), default: built(page, "js") },
  ]);
  assert.deepEqual(manifest.exports, {
    ...Object.fromEntries(expected),
    "./package.json": "./package.json",
  });
});

for (const [subpath, { page, values, types }] of Object.entries(promised)) {
  test(`grebe${subpath.slice(1)} exports the promised names`, async () => {
    const names = namesOf(`lib/${page}.ts`);
    assert.deepEqual(names.values, values.trim().split(/\s+/).sort());
    assert.deepEqual(names.types, types.split(/\s+/).filter(Boolean).sort());
    const loaded = (await import(new URL(`../../lib/${page}.js`, import.meta.url).href)) as object;
    assert.deepEqual(Object.keys(loaded).sort(), names.values);
  });
}
