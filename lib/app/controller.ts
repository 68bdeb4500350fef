/**
 * A controller answers the rpcs of one service. `@GrpcService` names the service, by the constant that was generated
 * from its `.proto` (the compiler then checks every handler) or by its full name; `@GrpcMethod` marks the handlers.
 * The mode of a handler comes from the `.proto`.
 */
import type { Observable } from "rxjs";
import type { Flow, OverflowOptions } from "../flow/index.js";
import type { CallContext } from "../rpc/index.js";
import type { MethodType, ServiceMethods, ServiceType } from "../schema/index.js";
import { type Class, type ConcreteClass, getRecord, recordKey, setRecord } from "./decorator-metadata.js";

export interface GrpcMethodOptions extends OverflowOptions {
  /** The rpc, if the handler is not called like it: `GetCity` for a method `findCity`. */
  readonly name?: string;
  /** How many received messages a request stream holds before it stops reading the peer. Default: 16. */
  readonly window?: number;
}

/** What `@GrpcMethod` recorded. */
export interface HandlerRecord {
  readonly property: string;
  readonly options: GrpcMethodOptions;
}

const handlersKey = recordKey<readonly HandlerRecord[]>("handlers");

/** Marks the handler of an rpc: `(request | Flow, call: CallContext)` to a value, Promise, Observable or AsyncIterable. */
export function GrpcMethod(
  options: string | GrpcMethodOptions = {},
): (target: object, property: string) => void {
  return (target, property) => {
    const record: HandlerRecord = {
      property,
      options: typeof options === "string" ? { name: options } : options,
    };
    const type = target.constructor as Class;
    // A subclass that overrides a handler replaces it.
    const others = (getRecord(handlersKey, type) ?? []).filter((other) => other.property !== property);
    setRecord(handlersKey, [...others, record], type);
  };
}

/** The handlers of a class and of those it extends. */
export function handlerRecords(target: Class): readonly HandlerRecord[] {
  return getRecord(handlersKey, target) ?? [];
}

export interface GrpcServiceOptions<Method extends string = string> {
  /** Rpcs that deliberately have no handler; callers get UNIMPLEMENTED. */
  readonly unimplemented?: readonly Method[];
}

type OneResult<T> = T | Promise<T> | Observable<T> | (keyof T extends never ? void | Promise<void> : never);
type ManyMessages<T> = Observable<T> | AsyncIterable<T> | Iterable<T>;
type ManyResults<T> = ManyMessages<T> | Promise<ManyMessages<T>>;

interface HandlerTypes<M extends MethodType> {
  unary(request: M["request"], call: CallContext): OneResult<M["responseInit"]>;
  serverStreaming(request: M["request"], call: CallContext): ManyResults<M["responseInit"]>;
  clientStreaming(requests: Flow<M["request"]>, call: CallContext): OneResult<M["responseInit"]>;
  bidiStreaming(requests: Flow<M["request"]>, call: CallContext): ManyResults<M["responseInit"]>;
}

/**
 * The methods that a controller of a generated service must have. A handler may take a class of its own for the
 * message, and return what may be sent as the answer.
 */
export type Handlers<M extends ServiceMethods> = {
  [Name in keyof M]: HandlerTypes<M[Name]>[M[Name]["kind"]];
};

/** What `@GrpcService` recorded. */
export interface ServiceRecord {
  readonly service: string | ServiceType;
  readonly options: GrpcServiceOptions;
}

const serviceKey = recordKey<ServiceRecord>("service");

/**
 * Marks a class as the controller of a service: by its generated constant, and a missing handler, a wrong message or
 * a wrong mode does not compile; or by its full name, and the same is found at start.
 */
export function GrpcService<M extends ServiceMethods, Without extends keyof M & string = never>(
  service: ServiceType<M>,
  options?: GrpcServiceOptions<Without>,
): (target: ConcreteClass<Handlers<Omit<M, Without>>>) => void;
export function GrpcService(service: string, options?: GrpcServiceOptions): (target: Class) => void;
export function GrpcService(
  service: string | ServiceType,
  options: GrpcServiceOptions = {},
): (target: Class) => void {
  return (target) => setRecord(serviceKey, { service, options }, target);
}

export function serviceRecord(target: Class): ServiceRecord | undefined {
  return getRecord(serviceKey, target);
}
