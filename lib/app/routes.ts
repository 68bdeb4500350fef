/**
 * Which handler serves which rpc. The table is made before anything is built, from what the decorators recorded and
 * what the protos declare; whatever does not fit becomes a start-up problem with a hint what to do.
 */
import { Observable } from "rxjs";
import {
  hasRequestStream,
  hasResponseStream,
  type MethodDescriptor,
  type ServiceDescriptor,
  type StartupCode,
  type StartupProblem,
  suggest,
} from "../rpc/index.js";
import type { MessageForm } from "../schema/index.js";
import { type HandlerRecord, handlerRecords, type ServiceRecord, serviceRecord } from "./controller.js";
import {
  type Class,
  type ConcreteClass,
  getRecord,
  parameterTypes,
  returnType,
} from "./decorator-metadata.js";
import { checkHandlerOptions } from "./handler-options.js";
import type { ModuleGraph, ModuleRecord } from "./module-graph.js";
import { type ValidateRecord, validateKey } from "./validation/index.js";

export interface Route {
  readonly module: ModuleRecord;
  readonly controller: Class;
  readonly record: HandlerRecord;
  readonly method: MethodDescriptor;
  /** The class whose instances the handler gets, and what its `@Validate` says. */
  readonly dto: ConcreteClass | undefined;
  readonly validate: ValidateRecord | undefined;
  /** How messages of the service look. */
  readonly form: MessageForm | undefined;
}

/** The services that the modules' protos declare. */
export interface ServiceLookup {
  readonly services: readonly ServiceDescriptor[];
  /** How their messages look; undefined if no proto could be loaded. */
  readonly form: MessageForm | undefined;
}

export function collectRoutes(
  graph: ModuleGraph,
  lookup: ServiceLookup,
  problems: StartupProblem[],
): Route[] {
  return new RouteTable(lookup, problems).collect(graph);
}

class RouteTable {
  readonly #lookup: ServiceLookup;
  readonly #problems: StartupProblem[];
  readonly #served = new Map<string, Class>();
  readonly #routes: Route[] = [];

  constructor(lookup: ServiceLookup, problems: StartupProblem[]) {
    this.#lookup = lookup;
    this.#problems = problems;
  }

  collect(graph: ModuleGraph): Route[] {
    const deliberate = new Set(graph.modules.flatMap((module) => module.options.unimplemented ?? []));
    for (const module of graph.modules) {
      for (const controller of module.controllers) this.#addController(module, controller, deliberate);
    }
    return this.#routes;
  }

  #report(code: StartupCode, message: string): void {
    this.#problems.push({ code, message });
  }

  #addController(module: ModuleRecord, controller: Class, deliberate: ReadonlySet<string>): void {
    const record = serviceRecord(controller);
    if (record === undefined) {
      this.#report(
        "NOT_A_CONTROLLER",
        `${controller.name}, listed under controllers of ${module.id}, has no @GrpcService. Add @GrpcService("package.Service").`,
      );
      return;
    }
    const service = this.#findService(record, controller);
    if (service === undefined) return;
    const other = this.#served.get(service.name);
    if (other !== undefined) {
      this.#report(
        "SERVICE_TWICE",
        `${other.name} and ${controller.name} both serve ${service.name}. Keep one of them, or merge their handlers.`,
      );
      return;
    }
    this.#served.set(service.name, controller);
    const handled = this.#matchHandlers(module, controller, service);
    this.#checkUnimplemented(controller, service, record.options.unimplemented ?? [], handled);
    this.#reportMissing(
      controller,
      service,
      handled,
      new Set([...(record.options.unimplemented ?? []), ...deliberate]),
    );
  }

  /** By full name, or by its short one where only one service has it. */
  #findService({ service }: ServiceRecord, controller: Class): ServiceDescriptor | undefined {
    if (typeof service !== "string") return service.load();
    const { services, form } = this.#lookup;
    // The protos could not be loaded, which is told already.
    if (form === undefined) return undefined;
    const short = services.filter(({ name }) => name.slice(name.lastIndexOf(".") + 1) === service);
    const found =
      services.find(({ name }) => name === service) ?? (short.length === 1 ? short[0] : undefined);
    if (found === undefined) {
      const names = services.map(({ name }) => name);
      const known = names.length === 0 ? "No proto is loaded" : `Known: ${names.join(", ")}`;
      this.#report(
        "UNKNOWN_SERVICE",
        `${controller.name} serves "${service}", which no loaded proto declares.${suggest(service, names)}\n` +
          `${known}. Check the module's "protos".`,
      );
    }
    return found;
  }

  #formOf(controller: Class): MessageForm | undefined {
    const service = serviceRecord(controller)?.service;
    return typeof service === "object" ? service.schema().options : this.#lookup.form;
  }

  #matchHandlers(module: ModuleRecord, controller: Class, service: ServiceDescriptor): Set<string> {
    const handled = new Map<string, string>();
    for (const record of handlerRecords(controller)) {
      const wanted = record.options.name ?? record.property;
      const method = service.methods.find(({ name, localName }) => name === wanted || localName === wanted);
      const where = `${controller.name}.${record.property}`;
      if (method === undefined) {
        const names = service.methods.map(({ localName }) => localName);
        this.#report(
          "UNKNOWN_METHOD",
          `${where} handles no method of ${service.name}.${suggest(wanted, names)}\n` +
            `It has: ${service.methods.map(({ name }) => name).join(", ")}. Name the rpc by @GrpcMethod("…") if the method is called differently.`,
        );
        continue;
      }
      const twice = handled.get(method.name);
      if (twice !== undefined) {
        this.#report(
          "HANDLER_TWICE",
          `${controller.name}.${twice} and ${where} both serve ${method.path}. Keep one of them.`,
        );
        continue;
      }
      handled.set(method.name, record.property);
      this.#addRoute(module, controller, record, method);
    }
    return new Set(handled.keys());
  }

  #checkUnimplemented(
    controller: Class,
    service: ServiceDescriptor,
    listed: readonly string[],
    handled: ReadonlySet<string>,
  ): void {
    for (const entry of listed) {
      const method = service.methods.find(({ name, localName }) => name === entry || localName === entry);
      const where = `${controller.name} lists "${entry}" as unimplemented`;
      if (method === undefined) {
        const names = service.methods.map(({ localName }) => localName);
        this.#report(
          "UNKNOWN_METHOD",
          `${where}, which ${service.name} does not have.${suggest(entry, names)}`,
        );
      } else if (handled.has(method.name)) {
        this.#report("BAD_OPTION", `${where}, but has a handler for it. Remove one of the two.`);
      }
    }
  }

  #reportMissing(
    controller: Class,
    service: ServiceDescriptor,
    handled: ReadonlySet<string>,
    deliberate: ReadonlySet<string>,
  ): void {
    for (const { name, localName } of service.methods) {
      const listed = [name, localName, service.name, `${service.name}/${name}`].some((entry) =>
        deliberate.has(entry),
      );
      if (handled.has(name) || listed) continue;
      this.#report(
        "HANDLER_MISSING",
        `${service.name}.${name} has no handler. Add @GrpcMethod() ${localName}(…) to ${controller.name}, ` +
          `or list "${localName}" as unimplemented in its @GrpcService.`,
      );
    }
  }

  #addRoute(module: ModuleRecord, controller: Class, record: HandlerRecord, method: MethodDescriptor): void {
    const where = `${controller.name}.${record.property}`;
    const parameter = parameterTypes(controller, record.property)?.[0];
    const result = returnType(controller, record.property);
    const validate = getRecord(validateKey, controller, record.property);
    checkHandlerOptions(where, method, record.options, this.#problems);
    const streamed = isStreamType(parameter);
    if (hasRequestStream(method.kind) && isMessageClass(parameter) && !streamed) {
      this.#report(
        "WRONG_MODE",
        `${where} serves ${method.path}, a ${method.kind} rpc, but takes one ${parameter.name}.\n` +
          `Declare its parameter as Flow<${parameter.name}>, and add @Validate(${parameter.name}) to have each message checked.`,
      );
      return;
    }
    if (!hasRequestStream(method.kind) && streamed) {
      this.#report(
        "WRONG_MODE",
        `${where} serves ${method.path}, a ${method.kind} rpc, but takes a stream. Declare its parameter as one message.`,
      );
      return;
    }
    if (isWrongResult(result, method)) {
      this.#report(
        "WRONG_MODE",
        `${where} serves ${method.path}, a ${method.kind} rpc, but returns ${(result as Class).name}.\n` +
          (hasResponseStream(method.kind)
            ? "Return an Observable, a Flow, an AsyncIterable or an Iterable of messages."
            : "Return one message, or a Promise or Observable of one."),
      );
      return;
    }
    const inferred = !hasRequestStream(method.kind) && isMessageClass(parameter) ? parameter : undefined;
    this.#routes.push({
      module,
      controller,
      record,
      method,
      dto: validate?.dto ?? inferred,
      validate,
      form: this.#formOf(controller),
    });
  }
}

const builtins = new Set<unknown>([
  Object,
  String,
  Number,
  Boolean,
  Symbol,
  BigInt,
  Array,
  Promise,
  Function,
  Map,
  Set,
  Date,
  Buffer,
]);

/** A class of the user's, rather than what the compiler writes for interfaces and primitive types. */
function isMessageClass(type: unknown): type is ConcreteClass {
  return typeof type === "function" && !builtins.has(type) && !isStreamType(type);
}

function isStreamType(type: unknown): boolean {
  return typeof type === "function" && (type === Observable || type.prototype instanceof Observable);
}

/** What surely cannot be right; interfaces and promises say nothing at run time. */
function isWrongResult(type: unknown, method: MethodDescriptor): boolean {
  if (type === String || type === Number || type === Boolean) return true;
  if (!hasResponseStream(method.kind)) return type === Array;
  return (
    isMessageClass(type) && !(Symbol.asyncIterator in type.prototype) && !(Symbol.iterator in type.prototype)
  );
}
