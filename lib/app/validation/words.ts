/**
 * The words of a failure. class-validator's own `Validator` judges the objects that the fast check refused, one
 * at a time, and writes the messages. It reads its rules from a global storage and its constraints from a global
 * container; while it starts, it is shown a view of that storage instead, in which each rule has this
 * application's instances, tells its field by a placeholder, and leaves nested messages to us: they are walked
 * here, by proto path and only where they were refused.
 */
import {
  getMetadataStorage,
  type MetadataStorage,
  type ValidationError,
  ValidationTypes,
  Validator,
} from "class-validator";
import type { MessageDescriptor } from "../../rpc/index.js";
import type { Class } from "../decorator-metadata.js";
import { type Checker, findField, isPlainObject } from "./checker.js";
import type { InlineConstraint } from "./predicate.js";
import { elementsOf, isBuiltIn, isPromise } from "./rule.js";
import { type Constraint, constraintsOf, type FieldRules, type RuleMetadata } from "./rule-metadata.js";
import {
  formatElementKey,
  formatFieldName,
  formatFieldPath,
  MAX_VIOLATIONS,
  shortenDescription,
  type Violation,
} from "./violation.js";

/** What class-validator said of one object of a message. */
interface Finding {
  readonly path: string;
  readonly message: MessageDescriptor | undefined;
  readonly errors: ValidationError[] | Promise<ValidationError[]>;
  /** By property and rule, the elements that an `each` rule refused. */
  readonly elements: ReadonlyMap<string, readonly unknown[]>;
}

/** Stands in a description for the field's name, until that is known as the proto has it. */
const FIELD = "\u0001field\u0001";

/** Why a message is bad. None if class-validator finds nothing wrong: its verdict counts. */
export function findViolations(
  checker: Checker,
  message: object,
  descriptor: MessageDescriptor | undefined,
  isAsync: boolean,
): readonly Violation[] | Promise<readonly Violation[]> {
  const inquiry = new Inquiry(checker, isAsync);
  inquiry.visit(message, descriptor, "");
  if (!isAsync && !inquiry.metPromise) {
    return inquiry.findings
      .flatMap((finding) => toViolations(finding, finding.errors as ValidationError[]))
      .slice(0, MAX_VIOLATIONS);
  }
  if (!isAsync) return findViolations(checker, message, descriptor, true);
  return Promise.all(
    inquiry.findings.map(async (finding) => toViolations(finding, await finding.errors)),
  ).then((violations) => {
    if (inquiry.failure !== undefined) throw inquiry.failure.error;
    return violations.flat().slice(0, MAX_VIOLATIONS);
  });
}

class Inquiry {
  readonly findings: Finding[] = [];
  readonly #checker: Checker;
  readonly #isAsync: boolean;
  /** Whether a rule turned out to be asynchronous while the inquiry was not. */
  metPromise = false;
  /** What a user's constraint threw while others were under way. */
  failure: { readonly error: unknown } | undefined;

  constructor(checker: Checker, isAsync: boolean) {
    this.#checker = checker;
    this.#isAsync = isAsync;
  }

  visit(message: object, descriptor: MessageDescriptor | undefined, path: string): void {
    const rules = this.#checker.rulesOf(classOf(message));
    this.findings.push(this.#ask(message, descriptor, path, rules.all));
    for (const field of rules.fields) {
      if (field.nested.length > 0 && this.#applies(field, message)) {
        this.#visitNested(field, message, descriptor, path);
      }
    }
  }

  #applies({ conditions, property }: FieldRules, message: object): boolean {
    const value = fieldValue(message, property);
    return conditions.every((rule) => rule.constraints[0](message, value)) && !this.#checker.isSkipped(value);
  }

  #visitNested(
    { property }: FieldRules,
    message: object,
    descriptor: MessageDescriptor | undefined,
    path: string,
  ): void {
    const field = findField(descriptor, property);
    const walk = (value: unknown, place: string, isMapField: boolean): void => {
      const elements = elementsOf(value, isMapField);
      if (elements !== undefined) {
        for (const [key, element] of elements) {
          if (this.findings.length > MAX_VIOLATIONS && !this.#isAsync) return;
          walk(element, `${place}${formatElementKey(key)}`, false);
        }
      } else if (value instanceof Object && this.#checker.check(value, field?.message) !== true) {
        this.visit(value, field?.message, place);
      }
    };
    const place = formatFieldPath(path, formatFieldName(field, property));
    walk(fieldValue(message, property), place, field?.mapKey !== undefined);
  }

  #ask(
    object: object,
    message: MessageDescriptor | undefined,
    path: string,
    rules: readonly RuleMetadata[],
  ): Finding {
    const elements = new Map<string, readonly unknown[]>();
    const shown = rules.map((rule) => {
      const isMapField = findField(message, rule.propertyName)?.mapKey !== undefined;
      return this.#show(rule, isMapField, elements);
    });
    const { groups: _, ...rest } = this.#checker.options;
    const options = { ...rest, validationError: { target: false, value: false } };
    const errors = withStorage(viewOf(shown), () => {
      const validator = new Validator();
      return this.#isAsync ? validator.validate(object, options) : validator.validateSync(object, options);
    });
    return { path, message, errors, elements };
  }

  /** A rule as class-validator shall see it. */
  #show(rule: RuleMetadata, isMapField: boolean, elements: Map<string, readonly unknown[]>): RuleMetadata {
    const { message } = rule;
    const own: Partial<RuleMetadata> = {
      each: false,
      message: typeof message === "function" ? (args) => withField(message(args)) : withField(message),
    };
    if (rule.type === ValidationTypes.NESTED_VALIDATION) {
      own.type = ValidationTypes.CUSTOM_VALIDATION;
      own.constraintCls = asKey([nestedConstraint(this.#checker, isMapField)]);
      // class-validator does not ask it of nested messages.
      Object.assign(own, { validateIf: undefined });
    } else if (rule.constraintCls !== undefined) {
      own.constraintCls = asKey(
        constraintsOf(rule).map((constraint) => ({
          ...{ target: constraint.target, name: constraint.name, async: false },
          instance: this.#instance(rule, constraint, isMapField, elements),
        })),
      );
    }
    return Object.assign(Object.create(rule), own);
  }

  #instance(
    rule: RuleMetadata,
    constraint: Constraint,
    isMapField: boolean,
    elements: Map<string, readonly unknown[]>,
  ): Constraint["instance"] {
    const instance = this.#checker.instances.get(rule, constraint);
    const judge = (value: unknown, args: unknown) => this.#judge(rule, constraint, instance, value, args);
    const instanceForWords: Constraint["instance"] = {
      validate: (value, args) => {
        const list = rule.each ? elementsOf(value, isMapField) : undefined;
        if (list === undefined) return judge(value, args);
        const verdicts = list.map(([, element]) => judge(element, args));
        const conclude = (all: readonly unknown[]) => {
          const refused = list.filter((_, index) => !all[index]).map(([key]) => key);
          elements.set(elementsKey(rule.propertyName, constraint.name), refused);
          return refused.length === 0;
        };
        return verdicts.some(isPromise) ? Promise.all(verdicts).then(conclude) : conclude(verdicts);
      },
    };
    if (instance.defaultMessage instanceof Function) {
      instanceForWords.defaultMessage = (args) => withField(instance.defaultMessage?.(args) ?? "");
    }
    return instanceForWords;
  }

  #judge(
    rule: RuleMetadata,
    constraint: Constraint,
    instance: InlineConstraint,
    value: unknown,
    args: unknown,
  ): boolean | Promise<boolean> {
    const fail = (error: unknown) => {
      // Built-in rules throw on some values that they do not expect (`1e-7` with maxDecimalPlaces).
      if (isBuiltIn(rule, constraint)) return false;
      // Others may be under way, and nobody would wait for them.
      if (!this.#isAsync) throw error;
      this.failure ??= { error };
      return false;
    };
    let verdict: unknown;
    try {
      verdict = instance.validate(value, args);
    } catch (error) {
      return fail(error);
    }
    if (!isPromise(verdict)) return Boolean(verdict);
    if (this.#isAsync) return Promise.resolve(verdict).then(Boolean, fail);
    this.metPromise = true;
    verdict.then(undefined, () => {});
    return true;
  }
}

/** The part of `@ValidateNested` that class-validator still judges: whether there is something to walk. */
function nestedConstraint(checker: Checker, isMapField: boolean): Constraint {
  const canWalk = (value: unknown): boolean => {
    const elements = elementsOf(value, isMapField && isPlainObject(value));
    if (elements !== undefined) return elements.every(([, element]) => isFine(element));
    return value instanceof Object;
  };
  const isFine = (element: unknown) =>
    element === undefined || checker.isSkipped(element) || canWalk(element);
  return {
    ...{ target: Object, name: ValidationTypes.NESTED_VALIDATION, async: false },
    instance: { validate: (value) => value === undefined || canWalk(value) },
  };
}

/** class-validator only hands a constraint class back to its storage, so that it can be any key. */
function asKey(constraints: readonly Constraint[]): RuleMetadata["constraintCls"] {
  return constraints as unknown as RuleMetadata["constraintCls"];
}

function viewOf(rules: readonly RuleMetadata[]): MetadataStorage {
  const view: Pick<MetadataStorage, "getTargetValidationMetadatas" | "getTargetValidatorConstraints"> = {
    getTargetValidationMetadatas: () => [...rules],
    getTargetValidatorConstraints: (key) => (key ?? []) as unknown as Constraint[],
  };
  return Object.assign(Object.create(getMetadataStorage()), view);
}

/** class-validator keeps its storage in this global, so that several copies share it, and reads it as it starts. */
const global = globalThis as { classValidatorMetadataStorage?: MetadataStorage };

function withStorage<T>(storage: MetadataStorage, run: () => T): T {
  const real = getMetadataStorage();
  global.classValidatorMetadataStorage = storage;
  try {
    return run();
  } finally {
    global.classValidatorMetadataStorage = real;
  }
}

function withField<T>(text: T): T | string {
  return typeof text === "string" ? text.replaceAll("$property", FIELD) : text;
}

function toViolations(finding: Finding, errors: readonly ValidationError[]): Violation[] {
  return errors.flatMap(({ property, constraints, contexts }) => {
    const name = property && formatFieldName(findField(finding.message, property), property);
    const path = name === undefined ? finding.path : formatFieldPath(finding.path, name);
    return Object.entries(constraints ?? {}).flatMap(([rule, text]) => {
      const context = contexts?.[rule];
      const description = describe(rule, text, name);
      const keys = finding.elements.get(elementsKey(property, rule)) ?? [];
      const fields = keys.length === 0 ? [path] : keys.map((key) => `${path}${formatElementKey(key)}`);
      return fields
        .slice(0, MAX_VIOLATIONS)
        .map((field) => ({ field, description, rule, ...(context && { context }) }));
    });
  });
}

function describe(rule: string, text: unknown, name: string | undefined): string {
  if (rule === ValidationTypes.WHITELIST) return `property ${name} should not exist`;
  if (typeof text !== "string" || text === "") return `${name ?? "the message"} breaks the rule ${rule}`;
  return shortenDescription(text.replaceAll(FIELD, name ?? "the message"));
}

function elementsKey(property: string, rule: string): string {
  return `${property}\0${rule}`;
}

/** A message may have a field named "constructor". */
function classOf(message: object): Class {
  return typeof message.constructor === "function" ? (message.constructor as Class) : Object;
}

function fieldValue(message: object, property: string): unknown {
  return (message as Record<string, unknown>)[property];
}
