/**
 * The fast check. For each class, the rules that class-validator's decorators wrote down become one generated
 * function that loads each field once and calls its predicates directly. It only ever says whether a message is
 * good; what is wrong with a bad one is class-validator's to say (see `words.ts`).
 */
import type { FieldDescriptor, MessageDescriptor } from "../../rpc/index.js";
import type { Class } from "../decorator-metadata.js";
import { fieldClass } from "./element-type.js";
import { ConstraintInstances, type ConstraintResolver, compileRule, type RuleTest } from "./rule.js";
import { type ClassRules, type Condition, type FieldRules, readRules } from "./rule-metadata.js";
import type { ValidationOptions } from "./validation-options.js";

type Check = (message: object) => boolean;

/** The checks of one class and of all that its messages contain. */
export class Checker {
  readonly options: ValidationOptions;
  readonly instances: ConstraintInstances;
  readonly #rules = new Map<Class, ClassRules>();
  readonly #checks = new Map<MessageDescriptor | undefined, Map<Class, Check>>();
  #pending: PromiseLike<unknown>[] | undefined;

  constructor(options: ValidationOptions, resolve?: ConstraintResolver) {
    this.options = options;
    this.instances = new ConstraintInstances(resolve);
  }

  /** Whether a message is good: a promise if rules that take their time have the last word. */
  check(message: object, descriptor: MessageDescriptor | undefined): boolean | Promise<boolean> {
    // A constraint may check another message, so the outer list is kept.
    const outer = this.#pending;
    this.#pending = undefined;
    try {
      const isGood = this.#accepts(message, descriptor);
      const pending = this.#takePending();
      if (pending === undefined) return isGood;
      const verdict = Promise.all(pending).then(
        (verdicts) => verdicts.every(Boolean),
        () => false,
      );
      return isGood ? verdict : false;
    } finally {
      this.#pending = outer;
    }
  }

  /** Compiles the checks of a class, and of nested classes that are known before a message comes. */
  compile(target: Class, descriptor: MessageDescriptor | undefined): Check {
    let checks = this.#checks.get(descriptor);
    if (checks === undefined) {
      checks = new Map();
      this.#checks.set(descriptor, checks);
    }
    let check = checks.get(target);
    if (check === undefined) {
      const rules = this.rulesOf(target);
      check = this.#generate(rules, descriptor);
      checks.set(target, check);
      for (const { property, nested } of rules.fields) {
        const field = findField(descriptor, property);
        const nestedClass = field && nested.length > 0 ? fieldClass(target, field) : undefined;
        if (nestedClass !== undefined) this.compile(nestedClass, field?.message);
      }
    }
    return check;
  }

  rulesOf(target: Class): ClassRules {
    let rules = this.#rules.get(target);
    if (rules === undefined) {
      rules = readRules(target, this.options);
      this.#rules.set(target, rules);
    }
    return rules;
  }

  /** Whether the skip options leave a value to `@IsDefined` alone. */
  isSkipped(value: unknown): boolean {
    const { skipMissingProperties, skipNullProperties, skipUndefinedProperties } = this.options;
    if (value === undefined) return skipUndefinedProperties === true || skipMissingProperties === true;
    return value === null && (skipNullProperties === true || skipMissingProperties === true);
  }

  #accepts(message: object, descriptor: MessageDescriptor | undefined): boolean {
    try {
      return this.#accept(message, descriptor);
    } catch {
      // Some built-in rules throw on values that they do not expect. Whether it was one, `words.ts` finds out.
      return false;
    }
  }

  #takePending(): PromiseLike<unknown>[] | undefined {
    return this.#pending;
  }

  /** class-validator goes by the class that an object has, not by the one that was declared. */
  #accept(message: object, descriptor: MessageDescriptor | undefined): boolean {
    const target: unknown = message.constructor;
    return typeof target === "function" && this.compile(target as Class, descriptor)(message);
  }

  #generate(rules: ClassRules, descriptor: MessageDescriptor | undefined): Check {
    const { forbidUnknownValues, whitelist } = this.options;
    if (forbidUnknownValues !== false && rules.all.length === 0) return () => false;
    const code = new CheckCode();
    if (whitelist) code.refuseUnless(`${code.bind(this.#whitelist(rules))}(message)`);
    for (const field of rules.fields) this.#generateField(field, findField(descriptor, field.property), code);
    return code.build();
  }

  #generateField(rules: FieldRules, field: FieldDescriptor | undefined, code: CheckCode): void {
    const isMapField = field?.mapKey !== undefined;
    const pend = (verdict: PromiseLike<unknown>) => {
      this.#pending ??= [];
      this.#pending.push(verdict);
    };
    const test = (list: FieldRules["rules"]) => {
      for (const rule of list) {
        for (const one of compileRule(rule, this.instances, isMapField, pend)) {
          code.refuseUnless(`${code.bind(one satisfies RuleTest)}(value, message)`);
        }
      }
    };
    code.open(`const value = message[${JSON.stringify(rules.property)}];`);
    // No decoded message has one; class-validator waits for it.
    if (rules.hasPromise) code.refuseUnless("!(value instanceof Promise)");
    const conditions = rules.conditions.map((rule) => {
      if (rule.name === "isOptional") return "(value !== undefined && value !== null)";
      return `!!${code.bind(rule.constraints[0] satisfies Condition)}(message, value)`;
    });
    // "&" and not "&&": class-validator asks every condition.
    if (conditions.length > 0) code.open(`if (${conditions.join(" & ")})`);
    test(rules.defined);
    const { skipMissingProperties, skipNullProperties, skipUndefinedProperties } = this.options;
    const kept = [
      ...(skipUndefinedProperties || skipMissingProperties ? ["value !== undefined"] : []),
      ...(skipNullProperties || skipMissingProperties ? ["value !== null"] : []),
    ];
    if (kept.length > 0) code.open(`if (${kept.join(" && ")})`);
    test(rules.rules);
    if (rules.nested.length > 0) code.refuseUnless(`${code.bind(this.#nested(field))}(value)`);
    code.close();
  }

  /** The check of a nested message, of a list of them or of a map. */
  #nested(field: FieldDescriptor | undefined): (value: unknown) => boolean {
    let lastClass: unknown;
    let lastCheck: Check = () => false;
    const one = (value: object): boolean => {
      const target: unknown = value.constructor;
      if (target !== lastClass) {
        if (typeof target !== "function") return false;
        lastCheck = this.compile(target as Class, field?.message);
        lastClass = target;
      }
      return lastCheck(value);
    };
    const element = (value: unknown): boolean => this.isSkipped(value) || nested(value);
    const nested = (value: unknown): boolean => {
      if (value === undefined) return true;
      if (Array.isArray(value)) return value.every(element);
      if (value instanceof Set || value instanceof Map) return [...value.values()].every(element);
      return value instanceof Object && one(value);
    };
    if (field?.mapKey === undefined) return nested;
    return (value) => (isPlainObject(value) ? Object.values(value).every(element) : nested(value));
  }

  #whitelist(rules: ClassRules): Check {
    const { forbidNonWhitelisted } = this.options;
    return (message) => {
      for (const property of Object.keys(message)) {
        if (rules.isAllowed(property)) continue;
        if (forbidNonWhitelisted) return false;
        delete (message as Record<string, unknown>)[property];
      }
      return true;
    };
  }
}

/** The field that a property of a class stands for; undefined for a oneof's own name. */
export function findField(
  descriptor: MessageDescriptor | undefined,
  property: string,
): FieldDescriptor | undefined {
  return descriptor?.fields.find((field) => field.localName === property);
}

/** The class of an object; `Object` if it hides that (a message may have a field named "constructor"). */
export function classOf(object: object): Class {
  return typeof object.constructor === "function" ? (object.constructor as Class) : Object;
}

/** A map field's value, unless it is something that class-validator walks by itself. */
function isPlainObject(value: unknown): value is object {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Set || value instanceof Map)
  );
}

/** Text of a function that loads fields by name, so that each load and each call has a place of its own. */
class CheckCode {
  readonly #lines: string[] = [];
  readonly #values: unknown[] = [];
  #depth = 0;

  /** The name under which generated code finds a value. */
  bind(value: unknown): string {
    return `bound${this.#values.push(value) - 1}`;
  }

  open(head: string): void {
    this.#lines.push(head.startsWith("if") ? `${head} {` : `{ ${head}`);
    this.#depth++;
  }

  refuseUnless(expression: string): void {
    this.#lines.push(`if (!(${expression})) return false;`);
  }

  close(): void {
    this.#lines.push("}".repeat(this.#depth));
    this.#depth = 0;
  }

  build(): Check {
    const names = this.#values.map((_, index) => `bound${index}`);
    const body = `"use strict"; return function check(message) {\n${this.#lines.join("\n")}\nreturn true;\n};`;
    return new Function(...names, body)(...this.#values) as Check;
  }
}
