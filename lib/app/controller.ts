/**
 * A controller answers the rpcs of one service. `@GrpcService` names the service, by the constant that was generated
 * from its `.proto` (the compiler then checks every handler) or by its full name; `@GrpcMethod` marks the handlers.
 * The mode of a handler comes from the `.proto`.
 */
import type { OverflowOptions } from "../flow/index.js";
import type { ServiceDescriptor } from "../rpc/index.js";
import { type Class, getRecord, recordKey, setRecord } from "./decorator-metadata.js";

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

/** A service as generated code names it: with its schema, and the types of its methods. */
export interface ServiceReference {
  readonly name: string;
  load(): ServiceDescriptor;
}

export interface GrpcServiceOptions<Method extends string = string> {
  /** Rpcs that deliberately have no handler; callers get UNIMPLEMENTED. */
  readonly unimplemented?: readonly Method[];
}

/** What `@GrpcService` recorded. */
export interface ServiceRecord {
  readonly service: string | ServiceReference;
  readonly options: GrpcServiceOptions;
}

const serviceKey = recordKey<ServiceRecord>("service");

/** Marks a class as the controller of a service, by full name. */
export function GrpcService(
  service: string | ServiceReference,
  options: GrpcServiceOptions = {},
): (target: Class) => void {
  return (target) => setRecord(serviceKey, { service, options }, target);
}

export function serviceRecord(target: Class): ServiceRecord | undefined {
  return getRecord(serviceKey, target);
}
