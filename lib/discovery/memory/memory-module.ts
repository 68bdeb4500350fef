import {
  type DynamicModule,
  Inject,
  Injectable,
  type InjectionToken,
  injectionToken,
  Module,
  NameResolver,
} from "../../app/index.js";
import type { RegisterOption } from "../registration.js";
import { MemoryRegistrar, MemoryRegistry, MemoryResolver } from "./memory-registry.js";

export interface MemoryRegistryOptions {
  /** Applications that are to find each other share one. Default: one that only this application knows. */
  readonly registry?: MemoryRegistry;
  /** What this application serves. Default: it registers nothing. */
  readonly register?: RegisterOption;
}

const MEMORY_REGISTER: InjectionToken<{ readonly register: RegisterOption | undefined }> = injectionToken<{
  readonly register: RegisterOption | undefined;
}>("MEMORY_REGISTER");

@NameResolver("memory")
@Injectable()
class ModuleResolver extends MemoryResolver {
  constructor(@Inject(MemoryRegistry) registry: MemoryRegistry) {
    super(registry);
  }
}

@Injectable()
class ModuleRegistrar extends MemoryRegistrar {
  constructor(
    @Inject(MemoryRegistry) registry: MemoryRegistry,
    @Inject(MEMORY_REGISTER) { register }: { readonly register: RegisterOption | undefined },
  ) {
    super(registry, register);
  }
}

/** Finds and registers services within one process, under the scheme `memory`: `memory:///svc/orders`. */
@Module()
export class MemoryRegistryModule {
  static forRoot({ registry, register }: MemoryRegistryOptions = {}): DynamicModule {
    return {
      module: MemoryRegistryModule,
      providers: [
        // Without a given one, each application that is made of this module has its own.
        registry === undefined
          ? { provide: MemoryRegistry, useFactory: () => new MemoryRegistry() }
          : { provide: MemoryRegistry, useValue: registry },
        { provide: MEMORY_REGISTER, useValue: { register } },
      ],
      exports: [MemoryRegistry],
      resolvers: [ModuleResolver],
      registrars: [ModuleRegistrar],
    };
  }
}
