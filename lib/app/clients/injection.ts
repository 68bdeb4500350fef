import type { ServiceMethods, ServiceType } from "../../schema/index.js";
import { type Class, type ConcreteClass, getRecord, recordKey, setRecord } from "../decorator-metadata.js";
import { Inject } from "../injection.js";
import { type ClientInterceptorEntry, clientToken, isServiceType } from "./declaration.js";

const interceptorsKey = recordKey<readonly ClientInterceptorEntry[]>("clientInterceptors");

/** Injects the client of a service, as the module lists it under `clients` or imports it. */
export function InjectClient<M extends ServiceMethods>(
  service: ServiceType<M>,
  name?: string,
): (target: ConcreteClass, property: undefined, index: number) => void {
  return Inject(isServiceType(service) ? clientToken(service, name) : (undefined as never));
}

/**
 * Interceptors around the calls of all clients that a class injects, inside those of the application and the module;
 * the first one listed is the outermost. Classes are built with injection in the module of the class.
 */
export function UseClientInterceptors(
  ...interceptors: ClientInterceptorEntry[]
): (target: ConcreteClass) => void {
  return (target) => {
    // Decorators run from the last line to the first; what stands above comes first.
    setRecord(interceptorsKey, [...interceptors, ...classClientInterceptors(target)], target);
  };
}

/** What `@UseClientInterceptors` lists. */
export function classClientInterceptors(target: Class<unknown>): readonly ClientInterceptorEntry[] {
  return getRecord(interceptorsKey, target) ?? [];
}
