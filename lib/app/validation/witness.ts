/**
 * class-validator, asked about one object of a message. Its own `Validator` judges the object and writes the
 * words, but on a view of its global storage in which each rule has this application's constraint instances
 * (class-validator's container is one per process), tells its field by a placeholder, and counts as one rule
 * however many elements it looks at. Nested messages are left to `words.ts`.
 */
import {
  getMetadataStorage,
  type MetadataStorage,
  type ValidationError,
  ValidationTypes,
  Validator,
} from "class-validator";
import type { MessageDescriptor } from "../../rpc/index.js";
import { type Checker, classOf, findField } from "./checker.js";
import { elementsOf, isBuiltIn, isPromise } from "./rule.js";
import { type Constraint, constraintsOf, type RuleMetadata } from "./rule-metadata.js";
import { MAX_VIOLATIONS } from "./violation.js";

/** Stands in the words for the field's name, until that is known as the proto has it. */
export const FIELD = "\u0001field\u0001";

/** What comes to light while class-validator asks constraints. */
export interface Hearing {
  readonly isAsync: boolean;
  /** By {@link elementsKey}, the keys of the elements that an `each` rule refused. */
  readonly elements: Map<string, readonly unknown[]>;
  /** Whether a constraint answered with a promise although none was expected. */
  metPromise: boolean;
  /** What a user's constraint threw while others were under way. */
  failure: { readonly error: unknown } | undefined;
}

export function elementsKey(property: string, rule: string): string {
  return `${property}\0${rule}`;
}

export class Witness {
  readonly #checker: Checker;
  readonly #shown = new Map<MessageDescriptor | undefined, Map<object, readonly RuleMetadata[]>>();
  /** Set while class-validator runs: it asks every constraint before it returns. */
  #hearing: Hearing | undefined;

  constructor(checker: Checker) {
    this.#checker = checker;
  }

  ask(
    object: object,
    message: MessageDescriptor | undefined,
    hearing: Hearing,
  ): ValidationError[] | Promise<ValidationError[]> {
    const { groups: _, ...rest } = this.#checker.options;
    const options = { ...rest, validationError: { target: false, value: false } };
    const outer = this.#hearing;
    this.#hearing = hearing;
    try {
      return withRules(this.#show(object, message), () => {
        const validator = new Validator();
        return hearing.isAsync
          ? validator.validate(object, options)
          : validator.validateSync(object, options);
      });
    } finally {
      this.#hearing = outer;
    }
  }

  /** The rules of an object as class-validator shall see them. */
  #show(object: object, message: MessageDescriptor | undefined): readonly RuleMetadata[] {
    const target = classOf(object);
    let byClass = this.#shown.get(message);
    if (byClass === undefined) {
      byClass = new Map();
      this.#shown.set(message, byClass);
    }
    let shown = byClass.get(target);
    if (shown === undefined) {
      shown = this.#checker.rulesOf(target).all.map((rule) => {
        const isMapField = findField(message, rule.propertyName)?.mapKey !== undefined;
        return this.#showRule(rule, isMapField);
      });
      byClass.set(target, shown);
    }
    return shown;
  }

  #showRule(rule: RuleMetadata, isMapField: boolean): RuleMetadata {
    const { message } = rule;
    const shown: RuleMetadata = {
      ...rule,
      each: false,
      message: typeof message === "function" ? (args) => withField(message(args)) : withField(message),
    };
    if (rule.type === ValidationTypes.NESTED_VALIDATION) {
      shown.type = ValidationTypes.CUSTOM_VALIDATION;
      shown.constraintCls = asKey([nestedConstraint(this.#checker, isMapField)]);
      // class-validator does not ask it of nested messages.
      delete shown.validateIf;
    } else if (rule.constraintCls !== undefined) {
      const constraints = constraintsOf(rule).map((one) => this.#showConstraint(rule, one, isMapField));
      shown.constraintCls = asKey(constraints);
    }
    return shown;
  }

  #showConstraint(rule: RuleMetadata, constraint: Constraint, isMapField: boolean): Constraint {
    const actual = this.#checker.instances.get(rule, constraint);
    const isForgiven = isBuiltIn(rule, constraint);
    const instance: Constraint["instance"] = {
      validate: (value, args) => {
        const hearing = this.#hearing as Hearing;
        const judge = (one: unknown) => answer(() => actual.validate(one, args), isForgiven, hearing);
        const list = rule.each ? elementsOf(value, isMapField) : undefined;
        if (list === undefined) return judge(value);
        return judgeElements(list, judge, (refused) => {
          hearing.elements.set(elementsKey(rule.propertyName, constraint.name), refused);
        });
      },
    };
    if (actual.defaultMessage instanceof Function) {
      instance.defaultMessage = (args) => withField(actual.defaultMessage?.(args) ?? "");
    }
    return { target: constraint.target, name: constraint.name, async: false, instance };
  }
}

/** The verdict on each element, until there are more refusals than are reported. */
function judgeElements(
  list: Iterable<readonly [unknown, unknown]>,
  judge: (element: unknown) => boolean | Promise<boolean>,
  report: (refused: readonly unknown[]) => void,
): boolean | Promise<boolean> {
  const unsure: unknown[] = [];
  const verdicts: (boolean | Promise<boolean>)[] = [];
  for (const [key, element] of list) {
    const verdict = judge(element);
    if (verdict === true) continue;
    unsure.push(key);
    verdicts.push(verdict);
    if (verdict === false && verdicts.length >= MAX_VIOLATIONS) break;
  }
  const conclude = (all: readonly (boolean | Promise<boolean>)[]) => {
    const refused = unsure.filter((_, index) => !all[index]);
    report(refused);
    return refused.length === 0;
  };
  return verdicts.some(isPromise) ? Promise.all(verdicts).then(conclude) : conclude(verdicts);
}

/** What a constraint says. `isForgiven`: built-in rules throw on some values (`1e-7` with maxDecimalPlaces). */
function answer(ask: () => unknown, isForgiven: boolean, hearing: Hearing): boolean | Promise<boolean> {
  const fail = (error: unknown) => {
    if (isForgiven) return false;
    // Other constraints may be under way, and nobody would wait for them.
    if (!hearing.isAsync) throw error;
    hearing.failure ??= { error };
    return false;
  };
  let verdict: unknown;
  try {
    verdict = ask();
  } catch (error) {
    return fail(error);
  }
  if (!isPromise(verdict)) return Boolean(verdict);
  if (hearing.isAsync) return Promise.resolve(verdict).then(Boolean, fail);
  hearing.metPromise = true;
  verdict.then(undefined, () => {});
  return true;
}

/** The part of `@ValidateNested` that class-validator still judges: whether there is something to walk. */
function nestedConstraint(checker: Checker, isMapField: boolean): Constraint {
  const canWalk = (value: unknown, isMap: boolean): boolean => {
    const elements = elementsOf(value, isMap);
    if (elements === undefined) return value instanceof Object;
    for (const [, element] of elements) {
      if (!isFine(element)) return false;
    }
    return true;
  };
  const isFine = (element: unknown) =>
    element === undefined || checker.isSkipped(element) || canWalk(element, false);
  return {
    target: Object,
    name: ValidationTypes.NESTED_VALIDATION,
    async: false,
    instance: { validate: (value) => value === undefined || canWalk(value, isMapField) },
  };
}

/** class-validator only hands a constraint class back to its storage, so that it can be any key. */
function asKey(constraints: readonly Constraint[]): RuleMetadata["constraintCls"] {
  return constraints as unknown as RuleMetadata["constraintCls"];
}

/** class-validator keeps its storage in this global, so that several copies of it share one. */
const global = globalThis as { classValidatorMetadataStorage?: MetadataStorage };

/** Runs class-validator on a view of its storage. It takes the storage as it starts, and asks it for rules first. */
function withRules<T>(rules: readonly RuleMetadata[], run: () => T): T {
  const real = getMetadataStorage();
  const restore = () => {
    global.classValidatorMetadataStorage = real;
  };
  const view: Partial<MetadataStorage> = {
    hasValidationMetaData: true,
    getTargetValidationMetadatas: () => {
      restore();
      return [...rules];
    },
    groupByPropertyName: (list) => real.groupByPropertyName(list),
    getTargetValidatorConstraints: (key) => (key ?? []) as unknown as Constraint[],
  };
  global.classValidatorMetadataStorage = view as MetadataStorage;
  try {
    return run();
  } finally {
    restore();
  }
}

function withField<T>(text: T): T | string {
  return typeof text === "string" ? text.replaceAll("$property", FIELD) : text;
}
