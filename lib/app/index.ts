/**
 * The face: decorators, modules, container, validation and the life of an application. Everything a user writes is
 * made of what is exported here. Start with `module.ts` and `controller.ts`; `application.ts` puts all together.
 */
export { type CloseReport, GrpcApplication } from "./application.js";
export type { ApplicationOptions } from "./application-options.js";
export * from "./async-options.js";
export {
  BalancingPolicy,
  type BalancingPolicyEntry,
  type BalancingPolicyMethods,
  type BalancingPolicyOptions,
} from "./balancing-policy.js";
export type { Override } from "./binding.js";
export {
  type ClientConnectionOptions,
  type ClientDeclaration,
  type ClientFactoryOptions,
  type ClientInterceptorEntry,
  type ClientSettings,
  type ClientToken,
  client,
  clientToken,
  type ModuleClientOptions,
} from "./clients/declaration.js";
export { InjectClient, UseClientInterceptors } from "./clients/injection.js";
export {
  GrpcMethod,
  type GrpcMethodOptions,
  GrpcService,
  type GrpcServiceOptions,
  type Handlers,
} from "./controller.js";
export type { Class, ConcreteClass } from "./decorator-metadata.js";
export {
  type Annotation,
  annotation,
  Catch,
  type ClassOrMethodDecorator,
  type Enhancers,
  type FilterEntry,
  type GuardEntry,
  type InterceptorEntry,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from "./enhancers.js";
export {
  CALL_CONTEXT,
  Inject,
  Injectable,
  type InjectableOptions,
  InjectPerCall,
  Optional,
  SERVED_SERVICES,
} from "./injection.js";
export {
  APPLICATION,
  type ApplicationChannel,
  type ApplicationInspection,
  type ApplicationView,
} from "./inspection.js";
export type {
  BeforeApplicationShutdown,
  HookFailure,
  OnApplicationBootstrap,
  OnApplicationShutdown,
  OnModuleDestroy,
  OnModuleInit,
} from "./lifecycle.js";
export {
  type DynamicModule,
  Global,
  Module,
  type ModuleExport,
  type ModuleImport,
  type ModuleOptions,
} from "./module.js";
export { NameResolver, type ResolverEntry } from "./name-resolver.js";
export {
  type ClassProvider,
  type ExistingProvider,
  type FactoryProvider,
  type InjectedArgument,
  type InjectionToken,
  injectionToken,
  type Lifetime,
  type Provider,
  type Token,
  type ValueProvider,
} from "./provider.js";
export type { Registrar, RegistrarEntry } from "./registrar.js";
export type { RouteDescription } from "./served-methods.js";
export { ElementType, Validate, type ValidationOptions, type Violation } from "./validation/index.js";
