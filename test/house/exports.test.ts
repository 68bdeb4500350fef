import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

/** What is promised to users, by subpath. A change here is a line of the changelog. */
const promised: Record<string, { page: string; values: string; types: string }> = {
  ".": {
    page: "index",
    values: `
      CALL_CONTEXT Catch ElementType Flow Global GrpcApplication GrpcMethod GrpcService Inject
      InjectPerCall Injectable Metadata Module Optional StartupError StatusCode StatusError UseFilters
      UseGuards UseInterceptors Validate annotation asyncModule asyncProviders callKey concatMap
      consoleLogger flowOf formatStatusCode injectionToken mergeMap metadataKey overflow readMetadata
      remainingMs silentLogger systemClock tcp toFlow toStatusError unix writeMetadata
    `,
    types: `
      Annotation ApplicationOptions AsyncOptions BeforeApplicationShutdown BoundListener CallContext
      CallHandler CallKey ClassProvider Clock CloseReport CutCall Deadline DrainReport DynamicModule
      ErrorDetail ExceptionFilter ExistingProvider FactoryProvider FlowSource GrpcMethodOptions
      GrpcServiceOptions Guard HandlerReference Handlers HookFailure InjectableOptions InjectedArgument
      InjectionToken Interceptor Lifetime Listener ListenerLimits Logger MetadataKey MethodDescriptor
      MethodKind ModuleOptions OnApplicationBootstrap OnApplicationShutdown OnModuleDestroy OnModuleInit
      OptionsFactory Overflow OverflowOptions Override Peer Provider RouteDescription ServiceDescriptor
      StartupProblem StatusErrorOptions TcpOptions TlsOptions Token UnixOptions ValidationOptions
      ValueProvider Violation
    `,
  },
  "./ambient": {
    page: "ambient",
    values: `
      currentCall findCall
    `,
    types: "",
  },
  "./interceptors": {
    page: "interceptors/index",
    values: `
      ConcurrencyLimitInterceptor LoggingInterceptor TimeoutInterceptor
    `,
    types: `
      ConcurrencyLimitOptions LoggingOptions TimeoutOptions
    `,
  },
  "./schema": {
    page: "schema/index",
    values: `
      Health HealthCheckResponse_ServingStatus OpenRcaService decodeLoadReport encodeLoadReport
      badRequest debugInfo decodeStatusDetails defineFile defineService encodeStatusDetails errorInfo
      help isWellKnownFile loadDescriptorSet loadSchema localizedMessage preconditionFailure quotaFailure
      requestInfo resourceInfo retryInfo
    `,
    types: `
      HealthCheckRequest HealthCheckResponse HealthListResponse OrcaLoadReport OrcaLoadReportInit
      OrcaLoadReportRequest
      EnumType FieldType GeneratedFile MessageForm MessageType MethodType OneofType Schema SchemaOptions
      ServiceMethods ServiceType StatusDetails TypeRegistry
    `,
  },
  "./services": {
    page: "services/index",
    values: `
      HealthModule HealthStatuses LoadReportInterceptor LoadReportModule ReportLoad ServerLoad callLoad
    `,
    types: `
      CallLoad HealthIndicator HealthModuleOptions HealthOptions LoadReportOptions ReportLoadOptions
      ServingStatus
    `,
  },
  "./testing": {
    page: "testing/index",
    values: `
      countResources createTestingApp expectNoLeaks
    `,
    types: `
      ResourceCounts TestingApp TestingAppBuilder
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
