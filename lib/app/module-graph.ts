/**
 * Which modules an application consists of, and which imports which. Two applications that are made from the
 * same root class have each their own graph: nothing is kept on the classes.
 */
import { StartupError, type StartupProblem } from "../rpc/index.js";
import { clientToken, isServiceType } from "./clients/declaration.js";
import { serviceRecord } from "./controller.js";
import type { Class, ConcreteClass } from "./decorator-metadata.js";
import { CALL_CONTEXT, SERVED_SERVICES } from "./injection.js";
import {
  type DynamicModule,
  isDynamicModule,
  isGlobalModule,
  type ModuleImport,
  type ModuleOptions,
  moduleOptions,
} from "./module.js";
import { formatToken, isToken, type Provider, providedToken, type Token } from "./provider.js";

/** One module of one application. */
export interface ModuleRecord {
  /** The name of its class. */
  readonly name: string;
  /** Its name, with a number where several modules of the application are of the same class. */
  readonly id: string;
  readonly type: ConcreteClass;
  /** What `@Module` and the dynamic module say, together. */
  readonly options: ModuleOptions;
  readonly controllers: readonly Class[];
  readonly imports: readonly ModuleRecord[];
  /** The entries of `exports`, with whole modules looked up among `imports`. */
  readonly exports: readonly (Token | ModuleRecord)[];
  readonly global: boolean;
  /** Whether its imports, and theirs, are all there; if not, missing providers are but a consequence. */
  readonly complete: boolean;
}

export interface ModuleGraph {
  readonly root: ModuleRecord;
  /** In dependency order: a module comes after those it imports, and global modules come early. */
  readonly modules: readonly ModuleRecord[];
}

export interface ModuleGraphOptions {
  /** Takes what is wrong; left out, a {@link StartupError} is thrown at the end. */
  readonly problems?: StartupProblem[];
  /** Visible in every module. */
  readonly globals?: readonly Provider[];
}

/** What tells modules apart: the class, or the object that `forRoot` returned. */
type ModuleSource = ConcreteClass | DynamicModule;

/** Whether an exported or imported thing is a module rather than a token. */
export function isModuleRecord(value: Token | ModuleRecord): value is ModuleRecord {
  return typeof value === "object" && "imports" in value;
}

/** Follows the imports of a root module, awaiting dynamic ones. */
export async function buildModuleGraph(
  root: ModuleImport,
  options: ModuleGraphOptions = {},
): Promise<ModuleGraph> {
  const problems = options.problems ?? [];
  const walk = new GraphWalk(problems);
  const record = (await walk.visit(root, undefined, 0)) ?? emptyModule("Application");
  if (options.problems === undefined && problems.length > 0) throw new StartupError(problems);
  const globals = [...(options.globals ?? []), servedServices(walk.records)];
  return { root: record, modules: [builtinModule(globals), ...globalsFirst(record, walk.records)] };
}

class GraphWalk {
  readonly records: ModuleRecord[] = [];
  readonly #bySource = new Map<ModuleSource, ModuleRecord>();
  readonly #path: ModuleSource[] = [];
  readonly #circles = new Set<string>();
  readonly #names = new Map<string, number>();

  constructor(private readonly problems: StartupProblem[]) {}

  async visit(
    entry: ModuleImport | undefined,
    importer: string | undefined,
    index: number,
  ): Promise<ModuleRecord | undefined> {
    const source = await this.#settle(entry, importer, index);
    if (source === undefined) return undefined;
    const known = this.#bySource.get(source);
    if (known !== undefined) return known;
    const start = this.#path.indexOf(source);
    if (start >= 0) {
      this.#reportCircle(start);
      return undefined;
    }
    this.#path.push(source);
    const record = await this.#createRecord(source);
    this.#path.pop();
    this.#bySource.set(source, record);
    this.records.push(record);
    return record;
  }

  async #settle(
    entry: ModuleImport | undefined,
    importer: string | undefined,
    index: number,
  ): Promise<ModuleSource | undefined> {
    const place = importer === undefined ? "the root module" : `imports[${index}] of ${importer}`;
    const report = (message: string) => {
      this.problems.push({ code: "NOT_A_MODULE", message });
      return undefined;
    };
    let source: unknown;
    try {
      source = await entry;
    } catch (error) {
      return report(`${place} is a promise that was rejected: ${String(error)}`);
    }
    if (isDynamicModule(source)) {
      if (moduleOptions(source.module) !== undefined) return source;
      return report(
        `${place} is a dynamic module of ${nameOf(source.module)}, a class without @Module.\n` +
          `Put @Module() on ${nameOf(source.module)}.`,
      );
    }
    if (typeof source === "function") {
      if (moduleOptions(source as Class) !== undefined) return source as ConcreteClass;
      return report(
        `${place} is ${nameOf(source as Class)}, a class without @Module.\n` +
          `Put @Module() on it; if it is a provider, list it under "providers".`,
      );
    }
    if (source === undefined) {
      return report(
        `${place} is undefined.\nDo the files of the two modules import each other, or is its name misspelt?`,
      );
    }
    return report(
      `${place} is ${describe(source)}, no module.\nList a class with @Module, or what its forRoot returns.`,
    );
  }

  async #createRecord(source: ModuleSource): Promise<ModuleRecord> {
    const type = isDynamicModule(source) ? source.module : source;
    const name = nameOf(type);
    const count = (this.#names.get(name) ?? 0) + 1;
    this.#names.set(name, count);
    const id = count === 1 ? name : `${name}#${count}`;
    const options = mergedOptions(source);
    const imports: ModuleRecord[] = [];
    let complete = true;
    for (const [index, entry] of (options.imports ?? []).entries()) {
      const record = await this.visit(entry, id, index);
      if (record === undefined || !record.complete) complete = false;
      if (record !== undefined && !imports.includes(record)) imports.push(record);
    }
    return {
      name,
      id,
      type,
      options,
      controllers: options.controllers ?? [],
      imports,
      exports: await this.#exportsOf(id, options, imports),
      global: isGlobalModule(type) || (isDynamicModule(source) && (source.global ?? false)),
      complete,
    };
  }

  async #exportsOf(id: string, options: ModuleOptions, imports: readonly ModuleRecord[]) {
    const entries: (Token | ModuleRecord)[] = [];
    // A promise that is rejected is reported where it is imported.
    const settled = await Promise.allSettled(options.exports ?? []);
    for (const result of settled) {
      if (result.status === "rejected") continue;
      const entry = result.value;
      if (isDynamicModule(entry)) {
        const record = this.#bySource.get(entry);
        if (record !== undefined && imports.includes(record)) entries.push(record);
        else
          this.#reportExport(id, `a dynamic ${nameOf(entry.module)}`, "it does not import that very object");
      } else if (typeof entry === "function" && moduleOptions(entry) !== undefined) {
        const records = imports.filter((record) => record.type === entry);
        entries.push(...records);
        // A module of a circle is missing among the imports; the circle is what has to be mended.
        const listed = (options.imports ?? []).includes(entry as ConcreteClass);
        if (records.length === 0 && !listed) this.#reportExport(id, nameOf(entry), "it does not import it");
      } else if (isServiceType(entry)) {
        entries.push(clientToken(entry));
      } else if (typeof entry === "object" && entry !== null && "provide" in entry) {
        entries.push(entry.provide);
      } else if (isToken(entry)) {
        entries.push(entry);
      } else {
        this.#reportExport(id, String(entry), "that is no token");
      }
    }
    return entries;
  }

  #reportExport(id: string, what: string, why: string): void {
    this.problems.push({ code: "NOT_EXPORTABLE", message: `${id} exports ${what}, but ${why}.` });
  }

  #reportCircle(start: number): void {
    const circle = this.#path.slice(start);
    const key = circle.map(sourceName).sort().join("\n");
    if (this.#circles.has(key)) return;
    this.#circles.add(key);
    const path = [...this.#path, circle[0]!].map(sourceName).join(" -> ");
    this.problems.push({
      code: "CYCLIC_IMPORTS",
      message:
        `${path} import each other in a circle.\n` +
        "Move what they share into a module of its own that both import.",
    });
  }
}

/** Lists of the dynamic module come after those of the class; its other options win. */
function mergedOptions(source: ModuleSource): ModuleOptions {
  if (!isDynamicModule(source)) return moduleOptions(source) ?? {};
  const { module, global: _global, ...added } = source;
  const merged: Record<string, unknown> = { ...moduleOptions(module) };
  for (const [name, value] of Object.entries(added)) {
    if (value === undefined) continue;
    const own = merged[name];
    merged[name] = Array.isArray(own) && Array.isArray(value) ? [...own, ...value] : value;
  }
  return merged;
}

/** Global modules serve those that do not import them, so they come first, after what they import themselves. */
function globalsFirst(root: ModuleRecord, records: readonly ModuleRecord[]): ModuleRecord[] {
  const ordered = new Set<ModuleRecord>();
  const add = (record: ModuleRecord) => {
    for (const imported of record.imports) add(imported);
    ordered.add(record);
  };
  for (const record of records) if (record.global && record !== root) add(record);
  for (const record of records) ordered.add(record);
  return [...ordered];
}

function builtinModule(globals: readonly Provider[]): ModuleRecord {
  // The container hands the call itself in; the factory only makes the token known.
  const call: Provider = { provide: CALL_CONTEXT, useFactory: () => undefined, lifetime: "call" };
  const providers = [call, ...globals];
  return {
    ...emptyModule("Grebe"),
    options: { providers },
    exports: providers.map(providedToken),
    global: true,
  };
}

function servedServices(modules: readonly ModuleRecord[]): Provider {
  const names = new Set<string>();
  for (const type of modules.flatMap(({ controllers }) => controllers)) {
    // What is no controller, or has no service, is a mistake that is told elsewhere.
    const service = typeof type === "function" ? serviceRecord(type)?.service : undefined;
    if (service !== undefined) names.add(typeof service === "string" ? service : service.name);
  }
  return { provide: SERVED_SERVICES, useValue: [...names] };
}

function emptyModule(name: string): ModuleRecord {
  const type = { [name]: class {} }[name]!;
  return {
    name,
    id: name,
    type,
    options: {},
    controllers: [],
    imports: [],
    exports: [],
    global: false,
    complete: true,
  };
}

function sourceName(source: ModuleSource): string {
  return nameOf(isDynamicModule(source) ? source.module : source);
}

function nameOf(type: Class<unknown>): string {
  return formatToken(type);
}

function describe(value: unknown): string {
  return typeof value === "object" && value !== null ? "an object without a module class" : String(value);
}
