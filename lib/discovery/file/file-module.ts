import {
  APPLICATION,
  type ApplicationView,
  type AsyncOptions,
  asyncProviders,
  type DynamicModule,
  Inject,
  Injectable,
  type InjectionToken,
  injectionToken,
  Module,
  NameResolver,
  type Provider,
} from "../../app/index.js";
import { FileRegistrar, type FileRegistryOptions, FolderResolver } from "./file-registry.js";

const FILE_REGISTRY_OPTIONS: InjectionToken<FileRegistryOptions> =
  injectionToken<FileRegistryOptions>("FILE_REGISTRY_OPTIONS");

/** A folder that is emptied, or a machine that slept for longer than entries live, says nothing of the processes. */
@NameResolver("folder", { emptyList: "keep" })
@Injectable()
class ModuleResolver extends FolderResolver {
  constructor(@Inject(FILE_REGISTRY_OPTIONS) options: FileRegistryOptions) {
    super(options);
  }
}

@Injectable()
class ModuleRegistrar extends FileRegistrar {
  constructor(
    @Inject(FILE_REGISTRY_OPTIONS) options: FileRegistryOptions,
    @Inject(APPLICATION) { logger }: ApplicationView,
  ) {
    super({ logger, ...options });
  }
}

/**
 * Finds and registers services in a folder that the processes of one machine share, under the scheme `folder`:
 * `folder:///svc/orders`. It needs no server.
 */
@Module()
export class FileRegistryModule {
  static forRoot(options: FileRegistryOptions): DynamicModule {
    return fileRegistryModule([{ provide: FILE_REGISTRY_OPTIONS, useValue: options }]);
  }

  static forRootAsync(options: AsyncOptions<FileRegistryOptions>): DynamicModule {
    return {
      ...fileRegistryModule(asyncProviders(FILE_REGISTRY_OPTIONS, options)),
      imports: options.imports ?? [],
      global: options.global ?? false,
    };
  }
}

function fileRegistryModule(providers: readonly Provider[]): DynamicModule {
  return {
    module: FileRegistryModule,
    providers,
    resolvers: [ModuleResolver],
    registrars: [ModuleRegistrar],
  };
}
