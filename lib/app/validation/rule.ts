/** One rule as a test of a value: what `each`, `validateIf` and the constraint's own class make of it. */
import * as classValidator from "class-validator";
import type { Class } from "../decorator-metadata.js";
import { directPredicate, type InlineConstraint } from "./predicate.js";
import { type Constraint, constraintsOf, isInline, type RuleMetadata } from "./rule-metadata.js";

/** Gives the instance of a custom constraint class; undefined leaves it to class-validator's own container. */
export type ConstraintResolver = (constraint: Class) => object | undefined;

/** Takes the promise of an asynchronous rule, to be awaited after all others. */
export type PendingSink = (verdict: PromiseLike<unknown>) => void;

export type RuleTest = (value: unknown, message: object) => boolean;

/** The instances behind constraints, made once per application. */
export class ConstraintInstances {
  readonly #resolve: ConstraintResolver | undefined;
  readonly #instances = new Map<unknown, InlineConstraint>();

  constructor(resolve: ConstraintResolver | undefined) {
    this.#resolve = resolve;
  }

  get(rule: RuleMetadata, constraint: Constraint): InlineConstraint {
    let instance = this.#instances.get(constraint);
    if (instance === undefined) {
      instance = this.#create(rule, constraint);
      this.#instances.set(constraint, instance);
    }
    return instance;
  }

  #create(rule: RuleMetadata, constraint: Constraint): InlineConstraint {
    const target = rule.constraintCls as new () => InlineConstraint;
    if (isInline(rule, constraint)) return new target();
    return (this.#resolve?.(target) as InlineConstraint | undefined) ?? constraint.instance;
  }
}

const builtInNames: ReadonlySet<unknown> = new Set(
  Object.values(classValidator).filter((value) => typeof value === "string"),
);

/** Whether the rule bears the name of a built-in one: those fail by throwing on some values. */
export function isBuiltIn(rule: RuleMetadata, constraint: Constraint): boolean {
  return builtInNames.has(rule.name) && isInline(rule, constraint);
}

/** What `each` looks at, by key; undefined if the rule applies to the value as a whole. */
export function elementsOf(value: unknown, isMapField: boolean): Iterable<[unknown, unknown]> | undefined {
  if (Array.isArray(value) || value instanceof Map) return value.entries();
  if (value instanceof Set) return [...value].entries();
  return isMapField && typeof value === "object" && value !== null ? Object.entries(value) : undefined;
}

/** Compiles a rule. `isMapField`: the value is a map that was decoded to a plain object. */
export function compileRule(
  rule: RuleMetadata,
  instances: ConstraintInstances,
  isMapField: boolean,
  pend: PendingSink,
): RuleTest[] {
  const { validateIf } = rule;
  return constraintsOf(rule).map((constraint): RuleTest => {
    const instance = instances.get(rule, constraint);
    const direct = isInline(rule, constraint) ? directPredicate(rule, instance) : undefined;
    const one = direct ?? judged(rule, instance, pend);
    const test = rule.each ? eachOf(one, isMapField) : one;
    if (validateIf === undefined) return test;
    return (value, message) => !validateIf(message, value) || test(value, message);
  });
}

type ElementTest = (value: unknown, message: object, whole: unknown) => boolean;

/** The constraint's own verdict. */
function judged(rule: RuleMetadata, instance: InlineConstraint, pend: PendingSink): ElementTest & RuleTest {
  return (value: unknown, message: object, whole: unknown = value) => {
    const verdict = instance.validate(value, {
      targetName: message.constructor?.name,
      property: rule.propertyName,
      object: message,
      value: whole,
      constraints: rule.constraints,
    });
    if (!isPromise(verdict)) return Boolean(verdict);
    pend(verdict);
    return true;
  };
}

function eachOf(one: ElementTest, isMapField: boolean): RuleTest {
  return (value, message) => {
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) {
        if (!one(value[i], message, value)) return false;
      }
      return true;
    }
    const elements = elementsOf(value, isMapField);
    if (elements === undefined) return one(value, message, value);
    for (const [, element] of elements) {
      if (!one(element, message, value)) return false;
    }
    return true;
  };
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}
