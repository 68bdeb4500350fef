/**
 * A class against the message that it stands for: which class each nested field gets, and the mistakes that can
 * be known before a message comes.
 */
import { ValidationTypes } from "class-validator";
import {
  type FieldDescriptor,
  type MessageDescriptor,
  type MessageShape,
  type StartupProblem,
  suggest,
} from "../../rpc/index.js";
import type { MessageForm } from "../../schema/index.js";
import { type Class, type ConcreteClass, propertyType } from "../decorator-metadata.js";
import { elementType, elementTypeProperties, fieldClass, toClass } from "./element-type.js";
import { allRules, hasRules, type RuleMetadata } from "./rule-metadata.js";

/**
 * How the schema decodes what has several forms in code. What is left out is not looked at; what is given is held
 * against the rules and types of fields.
 */
export type ShapeOptions = Partial<Pick<MessageForm, "longs" | "enums">>;

/**
 * The classes to build while a message is decoded, or undefined for a type that is no class of the user's
 * (`Object`, which an interface becomes). Adds what does not fit to the problems.
 */
export function shapeOf(
  target: Class,
  message: MessageDescriptor,
  problems: StartupProblem[],
  options: ShapeOptions = {},
): MessageShape | undefined {
  if (toClass(target) === undefined) return undefined;
  return new ShapeBuilder(problems, options).build(target, message);
}

interface OpenShape {
  readonly create: new () => object;
  readonly fields: Map<string, MessageShape>;
}

class ShapeBuilder {
  readonly #problems: StartupProblem[];
  readonly #options: ShapeOptions;
  /** Classes may contain themselves. */
  readonly #shapes = new Map<MessageDescriptor, Map<Class, OpenShape>>();

  constructor(problems: StartupProblem[], options: ShapeOptions) {
    this.#problems = problems;
    this.#options = options;
  }

  build(target: Class, message: MessageDescriptor): MessageShape {
    const shapes = this.#shapes.get(message) ?? new Map<Class, OpenShape>();
    this.#shapes.set(message, shapes);
    const known = shapes.get(target);
    if (known !== undefined) return known;
    const shape: OpenShape = { create: target as ConcreteClass, fields: new Map() };
    shapes.set(target, shape);

    const rules = allRules(target);
    const properties = [...rules.map((rule) => rule.propertyName), ...elementTypeProperties(target)];
    this.#reportUnknown(target, message, new Set(properties));
    for (const field of message.fields) {
      const type = fieldClass(target, field);
      if (field.kind === "message" && type !== undefined && field.message !== undefined) {
        shape.fields.set(field.localName, this.build(type, field.message));
      }
      this.#reportMisfit(`${target.name}.${field.localName}`, {
        ...{
          target,
          message,
          field,
          type,
          rules: rules.filter((rule) => rule.propertyName === field.localName),
        },
      });
    }
    return shape;
  }

  #reportUnknown(target: Class, message: MessageDescriptor, properties: ReadonlySet<string>): void {
    const known = new Set(
      message.fields.flatMap(({ localName, oneof }) => (oneof ? [localName, oneof] : [localName])),
    );
    for (const property of properties) {
      if (known.has(property)) continue;
      const inProto = message.fields.find(({ name }) => name === property);
      const hint = inProto ? ` Messages carry it as "${inProto.localName}".` : suggest(property, known);
      this.#problems.push({
        code: "UNKNOWN_FIELD",
        message: `${target.name}.${property} has rules, but ${message.typeName} has no field "${property}".${hint}`,
      });
    }
  }

  #reportMisfit(where: string, place: Place): void {
    const reason = misfit(place, this.#options);
    if (reason === undefined) return;
    const problem = { code: "WRONG_FIELD_CLASS", message: `${where} ${reason}` } as const;
    this.#problems.push(problem);
  }
}

interface Place {
  readonly target: Class;
  readonly message: MessageDescriptor;
  readonly field: FieldDescriptor;
  /** The class of the nested message or of the elements. */
  readonly type: Class | undefined;
  readonly rules: readonly RuleMetadata[];
}

/** Why a property cannot hold what its field carries, as the rest of a sentence. */
function misfit(place: Place, options: ShapeOptions): string | undefined {
  const { field, message, type, rules } = place;
  const isNested = rules.some((rule) => rule.type === ValidationTypes.NESTED_VALIDATION);
  if (field.kind === "message") return isNested ? nestedMisfit(place) : undefined;
  const inProto = `${message.typeName}.${field.name}`;
  if (type !== undefined) {
    return `has the class ${type.name}, but ${inProto} is ${describeField(field)}, not a message.`;
  }
  if (isNested)
    return `has @ValidateNested, but ${inProto} is ${describeField(field)}. Take the decorator away.`;
  return scalarMisfit(place, inProto, options);
}

function nestedMisfit({ target, field, type }: Place): string | undefined {
  if (type === undefined) {
    return `has @ValidateNested, but its class is not known. Add @ElementType(() => …) with the class of ${field.type}.`;
  }
  if (hasRules(type)) return undefined;
  return `has @ValidateNested, but ${type.name} has no rules: every message would be refused. Add some, or take the decorator away${
    elementType(target, field.localName) === undefined ? "" : " (@ElementType suffices for instances)"
  }.`;
}

type JsType = "string" | "number" | "bigint" | "boolean";

/** A scalar or an enum that arrives as one type, declared as or held to rules of another. */
function scalarMisfit(
  { field, target, rules }: Place,
  inProto: string,
  options: ShapeOptions,
): string | undefined {
  const arrives = jsTypeOf(field, options);
  if (arrives === undefined) return undefined;
  const isMany = field.repeated || field.mapKey !== undefined;
  const declared = declaredTypes.get(propertyType(target, field.localName));
  if (declared !== undefined && (isMany || declared !== arrives)) {
    const fact = isMany ? (field.repeated ? "an array" : "a map") : `a ${arrives}`;
    return `is declared as ${declared}, but ${inProto} (${describeField(field)}) arrives as ${fact}.`;
  }
  const rule = rules.find(
    ({ name, each }) => numberRules.has(name ?? "") && arrives !== "number" && (!isMany || each),
  );
  if (rule === undefined) return undefined;
  return `has the rule ${rule.name}, which needs a number, but ${inProto} (${describeElement(field)}) arrives as a ${arrives}.`;
}

const declaredTypes = new Map<unknown, JsType>([
  [String, "string"],
  [Number, "number"],
  [BigInt, "bigint"],
  [Boolean, "boolean"],
]);

/** Built-in rules that no string, boolean or bigint passes. */
const numberRules = new Set(["isInt", "isNumber", "isPositive", "isNegative", "isDivisibleBy", "min", "max"]);

const scalarTypes = new Map<string, JsType>([
  ["string", "string"],
  ["bool", "boolean"],
  ...["int32", "uint32", "sint32", "fixed32", "sfixed32", "float", "double"].map(
    (type) => [type, "number"] as const,
  ),
]);

const int64Types = new Set(["int64", "uint64", "sint64", "fixed64", "sfixed64"]);

/** The type that a scalar or an enum arrives as, where that is certain. */
function jsTypeOf({ kind, type }: FieldDescriptor, { enums, longs }: ShapeOptions): JsType | undefined {
  if (kind === "enum") return enums;
  return int64Types.has(type) ? longs : scalarTypes.get(type);
}

function describeField(field: FieldDescriptor): string {
  const one = describeElement(field);
  if (field.mapKey !== undefined) return `map<${field.mapKey}, ${one}>`;
  return field.repeated ? `repeated ${one}` : one;
}

function describeElement({ kind, type }: FieldDescriptor): string {
  return kind === "enum" ? `enum ${type}` : type;
}
