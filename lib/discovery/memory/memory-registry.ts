import { map, Observable, type Subscriber } from "rxjs";
import type { Registrar } from "../../app/index.js";
import type { Endpoint, Resolution, Resolver, Target } from "../../client/index.js";
import { type ServiceInstance, toEndpoint, toEndpoints } from "../instance.js";
import {
  type BoundListeners,
  checkRegisterOptions,
  planRegistration,
  type RegisterOption,
} from "../registration.js";

/**
 * A registry that is an object: for tests, and for applications that live in one process. Who is to find each other
 * shares one; applications with registries of their own do not see each other.
 */
export class MemoryRegistry {
  readonly #services = new Map<string, Set<Endpoint>>();
  readonly #watchers = new Map<string, Set<Subscriber<readonly Endpoint[]>>>();

  /** Adds an instance; the function that is returned removes it. Throws an Error if its address is none. */
  register(name: string, instance: ServiceInstance): () => void {
    const endpoint = toEndpoint(instance);
    const service = this.#services.get(name) ?? new Set();
    this.#services.set(name, service.add(endpoint));
    this.#tell(name);
    return () => {
      if (!service.delete(endpoint)) return;
      if (service.size === 0 && this.#services.get(name) === service) this.#services.delete(name);
      this.#tell(name);
    };
  }

  /** The instances of a service, in the order of their addresses. */
  list(name: string): readonly Endpoint[] {
    const instances = Array.from(this.#services.get(name) ?? [], (endpoint, index) => {
      return [`${JSON.stringify(endpoint.addresses)} ${String(index).padStart(6, "0")}`, endpoint] as const;
    });
    return toEndpoints(new Map(instances));
  }

  /** The list now, and after each change; it stays open. */
  watch(name: string): Observable<readonly Endpoint[]> {
    return new Observable((subscriber) => {
      const watchers = this.#watchers.get(name) ?? new Set();
      this.#watchers.set(name, watchers.add(subscriber));
      subscriber.add(() => {
        watchers.delete(subscriber);
        if (watchers.size === 0 && this.#watchers.get(name) === watchers) this.#watchers.delete(name);
      });
      subscriber.next(this.list(name));
    });
  }

  #tell(name: string): void {
    // Read for each anew: one of them may change the registry from inside its update.
    for (const subscriber of [...(this.#watchers.get(name) ?? [])]) subscriber.next(this.list(name));
  }
}

/** The scheme `memory`: `memory:///svc/orders`. */
export class MemoryResolver implements Resolver {
  readonly #registry: MemoryRegistry;

  constructor(registry: MemoryRegistry) {
    this.#registry = registry;
  }

  check({ authority, endpoint, text }: Target): void {
    if (authority !== "")
      throw new Error(`"${text}" names a host; a service in memory has three slashes before it`);
    if (endpoint === "") throw new Error(`"${text}" names no service`);
  }

  resolve({ endpoint }: Target): Observable<Resolution> {
    return this.#registry.watch(endpoint).pipe(map((endpoints) => ({ endpoints })));
  }
}

export class MemoryRegistrar implements Registrar {
  readonly #registry: MemoryRegistry;
  readonly #register: RegisterOption | undefined;
  #removals: (() => void)[] = [];

  constructor(registry: MemoryRegistry, register: RegisterOption | undefined) {
    checkRegisterOptions("MemoryRegistryModule", register);
    this.#registry = registry;
    this.#register = register;
  }

  async register(listeners: BoundListeners): Promise<void> {
    const plans = checkRegisterOptions("MemoryRegistryModule", this.#register).map((each) =>
      planRegistration("MemoryRegistryModule", each, listeners, { sameMachine: true }),
    );
    this.#removals = plans.map(({ name, instance }) => this.#registry.register(name, instance));
  }

  async deregister(): Promise<void> {
    for (const remove of this.#removals.splice(0)) remove();
  }
}
