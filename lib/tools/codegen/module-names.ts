import { posix } from "node:path";

/** Names that generated modules use themselves, or that would hide a global they use. */
const taken = ["Buffer", "Date", "Uint8Array", "ServiceType", "defineFile", "defineService", "file"];

/** The module of a `.proto` file: `atlas/v1/atlas.proto` is `atlas/v1/atlas.ts`. */
export function moduleFile(protoFile: string): string {
  return `${protoFile.replace(/\.proto$/, "")}.ts`;
}

/** The specifier by which one module imports another. */
export function moduleSpecifier(fromProto: string, toProto: string): string {
  const path = posix.relative(posix.dirname(fromProto), `${toProto.replace(/\.proto$/, "")}.js`);
  return path.startsWith(".") ? path : `./${path}`;
}

/** A relative runtime is meant from the folder of all modules. */
export function runtimeSpecifier(fromProto: string, runtime: string): string {
  const path = posix.join(posix.relative(posix.dirname(fromProto), ""), runtime);
  return path.startsWith(".") ? path : `./${path}`;
}

/** The name of a type in its module: `atlas.v1.City.Kind` is `City_Kind`. */
export function typeIdentifier(typeName: string, packageName: string): string {
  const local = packageName === "" ? typeName : typeName.slice(packageName.length + 1);
  const identifier = local.replaceAll(".", "_");
  return taken.includes(identifier) ? `${identifier}_` : identifier;
}

interface ImportedName {
  readonly alias: string;
  readonly isType: boolean;
}

/** Collects what a module imports, and gives names that stay unique in it. */
export class ModuleImports {
  readonly #used: Set<string>;
  /** By specifier and name, the name here. */
  readonly #imports = new Map<string, Map<string, ImportedName>>();

  /** `declared` are the names that the module declares itself. */
  constructor(declared: Iterable<string>) {
    this.#used = new Set([...taken, ...declared]);
  }

  add(specifier: string, name: string, isType: boolean): string {
    const known = this.#imports.get(specifier)?.get(name);
    if (known !== undefined) return known.alias;
    let alias = name;
    for (let count = 2; this.#used.has(alias); count++) alias = `${name}${count}`;
    this.#used.add(alias);
    this.#set(specifier, name, { alias, isType });
    return alias;
  }

  /** A name of Grebe's: those are kept free for it. */
  addRuntime(specifier: string, name: string, isType: boolean): void {
    this.#set(specifier, name, { alias: name, isType });
  }

  #set(specifier: string, name: string, entry: ImportedName): void {
    const names = this.#imports.get(specifier) ?? new Map<string, ImportedName>();
    this.#imports.set(specifier, names.set(name, entry));
  }

  /** The import statements, packages first. */
  format(): string[] {
    const specifiers = [...this.#imports.keys()].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
    return specifiers.map((specifier) => {
      const names = [...this.#imports.get(specifier)!].sort(([a], [b]) => a.localeCompare(b, "en"));
      const onlyTypes = names.every(([, { isType }]) => isType);
      const parts = names.map(([name, { alias, isType }]) => {
        const renamed = alias === name ? name : `${name} as ${alias}`;
        return isType && !onlyTypes ? `type ${renamed}` : renamed;
      });
      return `import ${onlyTypes ? "type " : ""}{ ${parts.join(", ")} } from ${JSON.stringify(specifier)};`;
    });
  }
}

function rank(specifier: string): number {
  return specifier.startsWith(".") ? 1 : 0;
}
