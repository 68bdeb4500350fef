import { posix } from "node:path";
import type { Schema } from "../../schema/index.js";

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

/** The names of all types in their modules: `atlas.v1.City.Kind` is `City_Kind`, with `_` behind it if that is taken. */
export class TypeNames {
  readonly #names = new Map<string, string>();

  constructor({ files, types }: Schema) {
    const used = new Map(
      files.map((file) => [
        file,
        new Set([...taken, ...file.service.flatMap(({ name }) => [name, `${name}Methods`])]),
      ]),
    );
    for (const { typeName, file } of [...types.messages.values(), ...types.enums.values()]) {
      const inFile = used.get(file)!;
      const local = file.package === undefined ? typeName : typeName.slice(file.package.length + 1);
      let name = local.replaceAll(".", "_");
      while (inFile.has(name) || inFile.has(`${name}Init`)) name += "_";
      inFile.add(name).add(`${name}Init`);
      this.#names.set(typeName, name);
    }
  }

  of(typeName: string): string {
    return this.#names.get(typeName)!;
  }
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
