/** Turns routes into what the server serves: a pipeline around each handler, with everything built and bound. */
import type {
  CallContext,
  ExceptionFilter,
  Guard,
  Interceptor,
  MessageCodec,
  StartupProblem,
} from "../rpc/index.js";
import type { ServedMethod } from "../server/index.js";
import type { AppContainer } from "./container.js";
import type { Class } from "./decorator-metadata.js";
import { type Enhancers, listedEnhancers } from "./enhancers.js";
import type { EnhancerReference } from "./injection-plan.js";
import type { ModuleRecord } from "./module-graph.js";
import { createPipeline, type MessageCheck, type Supply } from "./pipeline.js";
import type { Route } from "./routes.js";
import {
  checkValidationOptions,
  compileValidation,
  hasRules,
  shapeOf,
  toInvalidArgument,
  type ValidationOptions,
} from "./validation/index.js";

/** What holds for all controllers of an application. */
export interface ApplicationEnhancers extends Enhancers {
  readonly validation?: ValidationOptions;
}

type Kind = "guards" | "interceptors" | "filters";
type Entry = Class | object;

/** One guard, interceptor or filter of a route, and the module it is built in. */
interface PlacedEntry {
  readonly module: ModuleRecord;
  readonly entry: Entry;
}

/** From the application's to the method's: the order in which they stand around the handler. */
function placedEntries(route: Route, kind: Kind, root: ModuleRecord, application: Enhancers): PlacedEntry[] {
  const { module, controller, record } = route;
  return [
    ...(application[kind] ?? []).map((entry) => ({ module: root, entry })),
    ...[
      ...(module.options[kind] ?? []),
      ...listedEnhancers(controller)[kind],
      ...listedEnhancers(controller, record.property)[kind],
    ].map((entry) => ({ module, entry })),
  ];
}

const kinds: readonly Kind[] = ["guards", "interceptors", "filters"];

/** The classes that the container has to build for routes. */
export function enhancerReferences(
  routes: readonly Route[],
  root: ModuleRecord,
  application: Enhancers,
): EnhancerReference[] {
  return routes.flatMap((route) =>
    kinds.flatMap((kind) =>
      placedEntries(route, kind, root, application).flatMap(({ module, entry }) =>
        typeof entry === "function" ? [{ module, type: entry as Class }] : [],
      ),
    ),
  );
}

/** One line of what an application serves. */
export interface RouteDescription {
  readonly path: string;
  readonly kind: ServedMethod["method"]["kind"];
  /** `AtlasController.getCity`. */
  readonly handler: string;
  readonly guards: readonly string[];
  readonly interceptors: readonly string[];
  readonly filters: readonly string[];
  /** The validated class. */
  readonly validates: string | undefined;
}

export function describeRoute(route: Route, root: ModuleRecord, application: Enhancers): RouteDescription {
  const names = (kind: Kind): string[] =>
    placedEntries(route, kind, root, application).map(({ entry }) =>
      typeof entry === "function" ? entry.name : entry.constructor.name,
    );
  return {
    path: route.method.path,
    kind: route.method.kind,
    handler: `${route.controller.name}.${route.record.property}`,
    guards: names("guards"),
    interceptors: names("interceptors"),
    filters: names("filters"),
    validates: route.dto !== undefined && hasRules(route.dto) ? route.dto.name : undefined,
  };
}

/** What is known of a route before anything is built: how its messages are decoded and checked. */
export interface MessagePlan {
  readonly codec: MessageCodec;
  readonly options: ValidationOptions | undefined;
  readonly checked: boolean;
}

/** Checks validated classes against the messages they stand for. */
export function planMessages(
  route: Route,
  application: ApplicationEnhancers,
  problems: StartupProblem[],
): MessagePlan {
  const { method, dto, module, validate, controller, record } = route;
  if (dto === undefined) return { codec: method.request, options: undefined, checked: false };
  const moduleOptions = module.options.validation as ValidationOptions | undefined;
  checkValidationOptions(moduleOptions, module.id, problems);
  checkValidationOptions(validate?.options, `${controller.name}.${record.property}`, problems);
  const shape = shapeOf(dto, method.request.message, problems, route.form);
  return {
    codec: shape === undefined ? method.request : method.request.withShape(shape),
    options: { ...application.validation, ...moduleOptions, ...validate?.options },
    checked: hasRules(dto),
  };
}

export function createServedMethod(
  route: Route,
  plan: MessagePlan,
  container: AppContainer,
  root: ModuleRecord,
  application: Enhancers,
): ServedMethod {
  const { method, controller, record, module } = route;
  const { name: _, window, ...overflow } = record.options;
  const supplies = <T extends object>(kind: Kind): Supply<T>[] =>
    placedEntries(route, kind, root, application).map((placed) => supply<T>(placed, container));
  return {
    method,
    handler: { controller, property: record.property },
    request: plan.codec,
    ...(window === undefined ? {} : { window }),
    overflow,
    invoke: createPipeline({
      method,
      guards: supplies<Guard>("guards"),
      interceptors: supplies<Interceptor>("interceptors"),
      filters: supplies<ExceptionFilter>("filters"),
      check: plan.checked ? createCheck(route, plan, container) : undefined,
      handle: bindHandler(container, module, controller, record.property),
    }),
  };
}

function supply<T extends object>({ module, entry }: PlacedEntry, container: AppContainer): Supply<T> {
  if (typeof entry !== "function") return () => entry as T;
  const handle = container.resolveIn(module, entry as Class);
  if (handle.perCall) return (call) => handle.get(call) as T;
  const instance = handle.get() as T;
  return () => instance;
}

type Handler = (request: unknown, call: CallContext) => unknown;

function bindHandler(container: AppContainer, module: ModuleRecord, controller: Class, property: string) {
  const handle = container.controller(module, controller);
  if (handle.perCall) {
    return (call: CallContext, request: unknown): unknown =>
      (handle.get(call) as Record<string, Handler>)[property]!(request, call);
  }
  const instance = handle.get() as Record<string, Handler>;
  return (call: CallContext, request: unknown): unknown => instance[property]!(request, call);
}

function createCheck(route: Route, plan: MessagePlan, container: AppContainer): MessageCheck {
  const validation = compileValidation(route.dto!, {
    message: route.method.request.message,
    options: plan.options ?? {},
    resolve: (constraint) => container.resolveIn(route.module, constraint).get(),
  });
  return (message) => {
    const outcome = validation.check(message as object);
    if (outcome === undefined) return undefined;
    if (!(outcome instanceof Promise)) throw toInvalidArgument(outcome);
    return outcome.then((violations) => {
      if (violations !== undefined) throw toInvalidArgument(violations);
    });
  };
}
