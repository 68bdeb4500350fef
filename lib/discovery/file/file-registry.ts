import { map, type Observable } from "rxjs";
import type { Registrar } from "../../app/index.js";
import type { Resolution, Resolver, ResolverContext, Target } from "../../client/index.js";
import { type Clock, consoleLogger, type Logger, systemClock } from "../../rpc/index.js";
import { toEndpoints } from "../instance.js";
import {
  type BoundListeners,
  checkRegisterOptions,
  planRegistration,
  type RegisterOptions,
} from "../registration.js";
import { entryPath, serviceFolder } from "./folder-entry.js";
import { watchFolder } from "./folder-watch.js";
import { RenewedFile } from "./renewed-file.js";

/** What is registered in a folder. */
export interface FileRegisterOptions extends RegisterOptions {
  /** How long an entry outlives its process, in seconds. Default: 15. */
  readonly ttlS?: number;
}

export interface FileRegistryOptions {
  /** Shared by all processes that are to find each other. It is made when something registers. */
  readonly folder: string;
  /** What this application serves. Default: it registers nothing. */
  readonly register?: FileRegisterOptions | readonly FileRegisterOptions[];
  /** Default: that of the application; without one the console. */
  readonly logger?: Logger;
  readonly clock?: Clock;
}

const DEFAULT_TTL_S = 15;

/** Throws an Error, in words, for what can never work. */
function checkFileRegistryOptions({ folder, register }: FileRegistryOptions): readonly FileRegisterOptions[] {
  if (typeof folder !== "string" || folder === "")
    throw new Error("FileRegistryModule: folder must be a path.");
  const list = checkRegisterOptions("FileRegistryModule", register) as readonly FileRegisterOptions[];
  for (const { name, ttlS } of list) {
    if (ttlS !== undefined && !(ttlS > 0 && ttlS < 2 ** 21)) {
      throw new Error(
        `FileRegistryModule: register.ttlS of ${name} must be a number of seconds, got ${ttlS}.`,
      );
    }
  }
  return list;
}

/**
 * The scheme `folder`: `folder:///svc/orders`. (`file` is another one: it reads one file, which it names; here the
 * target names a service, whose instances are files in a folder that the options name.)
 */
export class FolderResolver implements Resolver {
  readonly #folder: string;

  constructor(options: FileRegistryOptions) {
    checkFileRegistryOptions(options);
    this.#folder = options.folder;
  }

  check({ authority, endpoint, text }: Target): void {
    if (authority !== "")
      throw new Error(`"${text}" names a host; a service in a folder has three slashes before it`);
    if (endpoint === "") throw new Error(`"${text}" names no service`);
  }

  resolve({ endpoint }: Target, context: ResolverContext): Observable<Resolution> {
    return watchFolder(serviceFolder(this.#folder, endpoint), context).pipe(
      map((instances) => ({ endpoints: toEndpoints(instances) })),
    );
  }
}

/** Keeps a file in the folder for each service that the options register. */
export class FileRegistrar implements Registrar {
  readonly #options: FileRegistryOptions;
  #files: readonly RenewedFile[] = [];

  constructor(options: FileRegistryOptions) {
    checkFileRegistryOptions(options);
    this.#options = options;
  }

  async register(listeners: BoundListeners): Promise<void> {
    const { folder, clock = systemClock, logger = consoleLogger } = this.#options;
    this.#files = checkFileRegistryOptions(this.#options).map((each) => {
      const { name, instance } = planRegistration("FileRegistryModule", each, listeners, {
        sameMachine: true,
      });
      const options = { ttlS: each.ttlS ?? DEFAULT_TTL_S, clock, logger };
      return new RenewedFile(entryPath(folder, name, instance), instance, options);
    });
    await Promise.all(this.#files.map((file) => file.start()));
  }

  async deregister(): Promise<void> {
    await Promise.all(this.#files.map((file) => file.stop()));
  }
}
