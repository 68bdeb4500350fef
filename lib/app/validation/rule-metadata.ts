/** What class-validator's decorators wrote down, as the rules of one class under one set of options. */
import { getMetadataStorage, type MetadataStorage, ValidationTypes } from "class-validator";
import type { Class } from "../decorator-metadata.js";
import type { ValidationOptions } from "./validation-options.js";

export type RuleMetadata = ReturnType<MetadataStorage["getTargetValidationMetadatas"]>[number];
export type Constraint = ReturnType<MetadataStorage["getTargetValidatorConstraints"]>[number];

/** Decides whether the rules of a field apply to a message. */
export type Condition = (message: object, value: unknown) => unknown;

/** The rules of one property, by the place that each has in class-validator's order. */
export interface FieldRules {
  readonly property: string;
  /** `@ValidateIf`, `@IsOptional`: all must hold, else no rule applies. */
  readonly conditions: readonly RuleMetadata[];
  /** `@IsDefined`: not subject to the skip options. */
  readonly defined: readonly RuleMetadata[];
  readonly rules: readonly RuleMetadata[];
  readonly nested: readonly RuleMetadata[];
  readonly hasPromise: boolean;
}

export interface ClassRules {
  readonly all: readonly RuleMetadata[];
  readonly fields: readonly FieldRules[];
  /** Whether `whitelist` keeps a property. */
  isAllowed(property: string): boolean;
}

/** The rules of a class and those it extends, as the options select them. */
export function readRules(target: Class, options: ValidationOptions): ClassRules {
  const storage = getMetadataStorage();
  const groups = options.groups === undefined ? undefined : [...options.groups];
  const always = options.always ?? false;
  const strictGroups = options.strictGroups ?? false;
  const all = storage.getTargetValidationMetadatas(target, "", always, strictGroups, groups);
  const byProperty: Record<string, readonly RuleMetadata[]> = storage.groupByPropertyName(all);
  const fields = Object.entries(byProperty).map(([property, list]): FieldRules => {
    const ofType = (type: string) => list.filter((rule) => rule.type === type);
    return {
      property,
      conditions: ofType(ValidationTypes.CONDITIONAL_VALIDATION),
      defined: ofType(ValidationTypes.IS_DEFINED),
      rules: ofType(ValidationTypes.CUSTOM_VALIDATION),
      nested: ofType(ValidationTypes.NESTED_VALIDATION),
      hasPromise: ofType(ValidationTypes.PROMISE_VALIDATION).length > 0,
    };
  });
  const isAllowed = (property: string) => (byProperty[property]?.length ?? 0) > 0;
  return { all, fields, isAllowed };
}

/** Whether a class, or one that it extends, carries rules in any group. */
export function hasRules(target: Class): boolean {
  return allRules(target).length > 0;
}

/** The rules of a class in all groups. */
export function allRules(target: Class): readonly RuleMetadata[] {
  return getMetadataStorage().getTargetValidationMetadatas(target, "", false, false);
}

/** The constraints behind a rule; none for a class that lacks `@ValidatorConstraint`, which never fails. */
export function constraintsOf(rule: RuleMetadata): readonly Constraint[] {
  return getMetadataStorage().getTargetValidatorConstraints(rule.constraintCls);
}

/**
 * Whether the constraint was written in place (`registerDecorator({ validator: { … } })`, as all built-in
 * decorators are): class-validator makes a class for each, without dependencies.
 */
export function isInline(rule: RuleMetadata, constraint: Constraint): boolean {
  return rule.constraintCls.name === "CustomConstraint" && constraint.name === rule.name;
}
