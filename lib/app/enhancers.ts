/**
 * What stands around handlers: `@UseGuards`, `@UseInterceptors` and `@UseFilters` on a controller or one of its
 * methods. The same can be said of a module, and of the whole application, in their options. Classes are built
 * with injection in the module of the controller; instances are used as they are.
 */
import type { ExceptionFilter, Guard, HandlerReference, Interceptor } from "../rpc/index.js";
import { type Class, getRecord, type RecordKey, recordKey, setRecord } from "./decorator-metadata.js";

export type InterceptorEntry = Class<Interceptor> | Interceptor;
export type GuardEntry = Class<Guard> | Guard;
// biome-ignore lint/suspicious/noExplicitAny: a filter takes what its @Catch names.
export type FilterEntry = Class<ExceptionFilter<any>> | ExceptionFilter<any>;

/** Guards, interceptors and filters of one place: application, module, controller or method. */
export interface Enhancers {
  readonly guards?: readonly GuardEntry[];
  readonly interceptors?: readonly InterceptorEntry[];
  readonly filters?: readonly FilterEntry[];
}

const guardsKey = recordKey<readonly GuardEntry[]>("guards");
const interceptorsKey = recordKey<readonly InterceptorEntry[]>("interceptors");
const filtersKey = recordKey<readonly FilterEntry[]>("filters");
const catchKey = recordKey<readonly Class<unknown>[]>("catch");

/** Stands on a class or on a method. */
export type ClassOrMethodDecorator = (target: object, property?: string | symbol) => void;

/** Calls go on only if every guard agrees; they run in the order they are listed. */
export function UseGuards(...guards: GuardEntry[]): ClassOrMethodDecorator {
  return record(guardsKey, guards);
}

/** The first one listed is the outermost. */
export function UseInterceptors(...interceptors: InterceptorEntry[]): ClassOrMethodDecorator {
  return record(interceptorsKey, interceptors);
}

/** The filter nearest to the handler that fits the failure gets it first. */
export function UseFilters(...filters: FilterEntry[]): ClassOrMethodDecorator {
  return record(filtersKey, filters);
}

/** Marks an exception filter and names the failures that it sees; without any, all of them. */
export function Catch(...types: Class<unknown>[]): (target: Class) => void {
  return (target) => setRecord(catchKey, types, target);
}

/** What `@Catch` named; empty for all failures. */
export function caughtTypes(filter: ExceptionFilter): readonly Class<unknown>[] {
  return getRecord(catchKey, filter.constructor as Class) ?? [];
}

/** What the decorators of a controller, or of one of its methods, list. */
export function listedEnhancers(controller: Class, property?: string): Required<Enhancers> {
  return {
    guards: getRecord(guardsKey, controller, property) ?? [],
    interceptors: getRecord(interceptorsKey, controller, property) ?? [],
    filters: getRecord(filtersKey, controller, property) ?? [],
  };
}

function record<T>(key: RecordKey<readonly T[]>, entries: readonly T[]): ClassOrMethodDecorator {
  return (target, property) => {
    // Decorators run from the last line to the first; what stands above comes first.
    const [type, name] =
      typeof target === "function" ? [target as Class] : [target.constructor as Class, String(property)];
    setRecord(key, [...entries, ...(getRecord(key, type, name) ?? [])], type, name);
  };
}

/** A decorator that notes a value on a controller or method, for guards and interceptors to read. */
export interface Annotation<T> {
  (value: T): ClassOrMethodDecorator;
  /** The value noted on the handler, else the one on its controller. */
  of(handler: HandlerReference): T | undefined;
}

/**
 * Makes an {@link Annotation}: `const Roles = annotation<string[]>("roles")`, then `@Roles(["admin"])` on a handler
 * and `Roles.of(call.handler)` in a guard.
 */
export function annotation<T>(description: string): Annotation<T> {
  const key = recordKey<T>(description);
  const decorate = (value: T): ClassOrMethodDecorator => {
    return (target, property) => {
      if (typeof target === "function") setRecord(key, value, target as Class);
      else setRecord(key, value, target.constructor as Class, String(property));
    };
  };
  const of: Annotation<T>["of"] = ({ controller, property }) =>
    getRecord(key, controller as Class, property) ?? getRecord(key, controller as Class);
  return Object.assign(decorate, { of });
}
