/**
 * The front door: every name a service is written with. Subpaths hold the rest: `grebe/interceptors` (ready-made
 * ones), `grebe/testing`, and `grebe/schema` for those who read descriptors or run the codec themselves.
 */

// A service: modules, controllers, what is injected
export {
  type Annotation,
  type ApplicationOptions,
  type AsyncOptions,
  annotation,
  asyncModule,
  asyncProviders,
  type BeforeApplicationShutdown,
  CALL_CONTEXT,
  Catch,
  type ClassProvider,
  type CloseReport,
  type DynamicModule,
  type ExistingProvider,
  type FactoryProvider,
  Global,
  GrpcApplication,
  GrpcMethod,
  type GrpcMethodOptions,
  GrpcService,
  type GrpcServiceOptions,
  type HookFailure,
  Inject,
  Injectable,
  type InjectableOptions,
  type InjectedArgument,
  type InjectionToken,
  InjectPerCall,
  injectionToken,
  type Lifetime,
  Module,
  type ModuleOptions,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
  Optional,
  type OptionsFactory,
  type Override,
  type Provider,
  type RouteDescription,
  type Token,
  UseFilters,
  UseGuards,
  UseInterceptors,
  type ValueProvider,
} from "./app/index.js";

// Validation
export { ElementType, Validate, type ValidationOptions, type Violation } from "./app/validation/index.js";

// Streams
export {
  concatMap,
  Flow,
  type FlowSource,
  flowOf,
  mergeMap,
  type Overflow,
  type OverflowOptions,
  overflow,
  toFlow,
} from "./flow/index.js";

// A call: context, status, metadata, what stands around it
export {
  type CallContext,
  type CallHandler,
  type CallKey,
  callKey,
  consoleLogger,
  currentCall,
  type Deadline,
  type ErrorDetail,
  type ExceptionFilter,
  findCall,
  formatStatusCode,
  type Guard,
  type HandlerReference,
  type Interceptor,
  type Logger,
  Metadata,
  type MetadataKey,
  type MethodDescriptor,
  type MethodKind,
  metadataKey,
  type Peer,
  readMetadata,
  remainingMs,
  type ServiceDescriptor,
  StartupError,
  type StartupProblem,
  StatusCode,
  StatusError,
  type StatusErrorOptions,
  silentLogger,
  toStatusError,
  writeMetadata,
} from "./rpc/index.js";

// Listeners
export {
  type BoundListener,
  type CutCall,
  type DrainReport,
  type Listener,
  type ListenerLimits,
  type TcpOptions,
  type TlsOptions,
  tcp,
  type UnixOptions,
  unix,
} from "./server/index.js";
