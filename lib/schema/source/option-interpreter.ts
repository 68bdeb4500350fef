import type { OptionValues } from "../file-descriptor.js";
import type { FieldType, MessageType, TypeRegistry } from "../type-registry.js";
import type { SymbolTable } from "./linker.js";
import type { OptionNamePart, OptionValue } from "./option-parser.js";
import type { OptionSite, ParsedFile } from "./parse-context.js";
import { type Position, ProtoError } from "./proto-error.js";

/**
 * Gives the options of all files their values. The registry's option messages have the custom options of these
 * files as fields.
 */
export function interpretOptions(
  parsed: Iterable<ParsedFile>,
  symbols: SymbolTable,
  registry: TypeRegistry,
): void {
  for (const { file, optionSites } of parsed) {
    for (const site of optionSites) new Interpreter(file.name, site.scope, symbols, registry).setAll(site);
  }
}

class Interpreter {
  readonly #file: string;
  readonly #scope: string;
  readonly #symbols: SymbolTable;
  readonly #registry: TypeRegistry;

  constructor(file: string, scope: string, symbols: SymbolTable, registry: TypeRegistry) {
    this.#file = file;
    this.#scope = scope;
    this.#symbols = symbols;
    this.#registry = registry;
  }

  setAll({ target, optionsType, options }: OptionSite): void {
    const root = this.#registry.messages.get(`google.protobuf.${optionsType}`)!;
    target.options ??= {};
    for (const option of options) {
      let message: MessageType = root;
      let values: OptionValues = target.options;
      option.path.forEach((part, index) => {
        const field = this.#field(message, part, option);
        if (index === option.path.length - 1) {
          this.#set(values, field, option.value, option);
          return;
        }
        if (field.message === undefined || field.repeated) {
          throw this.#error(option, `option ${field.name} has no fields to set one by one`);
        }
        values[field.localName] ??= {};
        values = values[field.localName] as OptionValues;
        message = field.message;
      });
    }
  }

  #field(message: MessageType, part: OptionNamePart, place: Position): FieldType {
    let localName: string | undefined;
    if (part.isExtension) {
      localName = `(${this.#symbols.find(part.name, this.#scope, this.#file, ["extension"], place)})`;
    }
    const field = message.fields.find((candidate) =>
      localName === undefined
        ? candidate.name === part.name && !candidate.localName.startsWith("(")
        : candidate.localName === localName,
    );
    if (field === undefined)
      throw this.#error(place, `${message.typeName} has no option or field ${part.name}`);
    return field;
  }

  #set(values: OptionValues, field: FieldType, value: OptionValue, place: Position): void {
    if (field.mapKey !== undefined) {
      const entries = value.kind === "list" ? value.values : [value];
      values[field.localName] ??= {};
      const map = values[field.localName] as OptionValues;
      for (const entry of entries) this.#setEntry(map, field, entry, place);
    } else if (field.repeated) {
      values[field.localName] ??= [];
      const list = values[field.localName] as unknown[];
      for (const element of value.kind === "list" ? value.values : [value]) {
        list.push(this.#value(field, element, place));
      }
    } else {
      if (values[field.localName] !== undefined)
        throw this.#error(place, `option ${field.name} is set twice`);
      values[field.localName] = this.#value(field, value, place);
    }
  }

  #setEntry(map: OptionValues, field: FieldType, entry: OptionValue, place: Position): void {
    const part = (name: string) =>
      entry.kind === "message" ? entry.fields.find((each) => each.name.name === name)?.value : undefined;
    const key = part("key");
    const value = part("value");
    if (key === undefined || value === undefined)
      throw this.#error(place, `an entry of ${field.name} is { key: …, value: … }`);
    const text =
      key.kind === "bytes"
        ? key.bytes.toString("utf8")
        : key.kind === "word"
          ? key.word
          : String(key.kind === "integer" ? key.value : "");
    Object.defineProperty(map, text, {
      value: this.#value(field, value, place),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }

  #value(field: FieldType, value: OptionValue, place: Position): unknown {
    const wrong = () => this.#error(place, `option ${field.name} takes a value of type ${field.type}`);
    if (field.message !== undefined) {
      if (value.kind !== "message") throw wrong();
      const values: OptionValues = {};
      for (const entry of value.fields)
        this.#set(values, this.#field(field.message, entry.name, entry), entry.value, entry);
      return values;
    }
    if (field.enum !== undefined) {
      if (value.kind === "word" && field.enum.numbers.has(value.word)) return value.word;
      if (value.kind === "integer") return Number(value.value);
      throw this.#error(
        place,
        `${field.enum.typeName} has no value of this name: use ${[...field.enum.numbers.keys()].join(", ")}`,
      );
    }
    switch (field.type) {
      case "bool":
        if (value.kind === "word" && (value.word === "true" || value.word === "false"))
          return value.word === "true";
        throw wrong();
      case "string":
      case "bytes":
        if (value.kind !== "bytes") throw wrong();
        return field.type === "bytes" ? value.bytes : value.bytes.toString("utf8");
      case "float":
      case "double":
        if (value.kind === "float" || value.kind === "integer") return Number(value.value);
        if (value.kind === "word" && value.word === "inf") return Number.POSITIVE_INFINITY;
        if (value.kind === "word" && value.word === "nan") return Number.NaN;
        throw wrong();
      default:
        if (value.kind !== "integer") throw wrong();
        return field.type.endsWith("64") ? String(value.value) : Number(value.value);
    }
  }

  #error(place: Position, text: string): ProtoError {
    return new ProtoError(this.#file, place, text);
  }
}
