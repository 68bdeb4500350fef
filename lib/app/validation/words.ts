/**
 * The words of a failure. The objects of a message that the fast check refused are walked, one at a time:
 * `witness.ts` has class-validator judge each, and here its errors become violations with proto paths.
 */
import { type ValidationError, ValidationTypes } from "class-validator";
import type { MessageDescriptor } from "../../rpc/index.js";
import { type Checker, classOf, findField } from "./checker.js";
import { elementsOf } from "./rule.js";
import type { FieldRules } from "./rule-metadata.js";
import {
  formatElementKey,
  formatFieldName,
  formatFieldPath,
  MAX_VIOLATIONS,
  shortenDescription,
  type Violation,
} from "./violation.js";
import { elementsKey, FIELD, type Hearing, Witness } from "./witness.js";

/** What class-validator said of one object of a message. */
interface Finding {
  readonly path: string;
  readonly message: MessageDescriptor | undefined;
  readonly hearing: Hearing;
  readonly errors: ValidationError[] | Promise<ValidationError[]>;
}

export type Violations = readonly Violation[];

/** Finds out why messages are bad. */
export class Words {
  readonly #checker: Checker;
  readonly #witness: Witness;

  constructor(checker: Checker) {
    this.#checker = checker;
    this.#witness = new Witness(checker);
  }

  /** None if class-validator finds nothing wrong: its verdict counts. */
  find(
    message: object,
    descriptor: MessageDescriptor | undefined,
    isAsync: boolean,
  ): Violations | Promise<Violations> {
    const findings: Finding[] = [];
    this.#visit(message, descriptor, "", isAsync, findings);
    if (isAsync) return conclude(findings);
    if (findings.some(({ hearing }) => hearing.metPromise)) return this.find(message, descriptor, true);
    return findings
      .flatMap((finding) => toViolations(finding, finding.errors as ValidationError[]))
      .slice(0, MAX_VIOLATIONS);
  }

  #visit(
    message: object,
    descriptor: MessageDescriptor | undefined,
    path: string,
    isAsync: boolean,
    findings: Finding[],
  ): void {
    const hearing: Hearing = { isAsync, elements: new Map(), metPromise: false, failure: undefined };
    const errors = this.#witness.ask(message, descriptor, hearing);
    // If what follows throws, nobody waits for them.
    if (errors instanceof Promise) errors.catch(() => {});
    findings.push({ path, message: descriptor, hearing, errors });
    for (const rules of this.#checker.rulesOf(classOf(message)).fields) {
      if (rules.nested.length === 0 || !this.#applies(rules, message)) continue;
      const field = findField(descriptor, rules.property);
      const walk = (value: unknown, place: string, isMapField: boolean): void => {
        const elements = elementsOf(value, isMapField);
        if (elements === undefined) {
          if (!(value instanceof Object) || this.#checker.check(value, field?.message) === true) return;
          this.#visit(value, field?.message, place, isAsync, findings);
          return;
        }
        for (const [key, element] of elements) {
          // An asynchronous rule may yet pass, so those do not count.
          if (!isAsync && findings.length > MAX_VIOLATIONS) return;
          walk(element, `${place}${formatElementKey(key)}`, false);
        }
      };
      const place = formatFieldPath(path, formatFieldName(field, rules.property));
      walk(fieldValue(message, rules.property), place, field?.mapKey !== undefined);
    }
  }

  #applies({ conditions, property }: FieldRules, message: object): boolean {
    const value = fieldValue(message, property);
    return conditions.every((rule) => rule.constraints[0](message, value)) && !this.#checker.isSkipped(value);
  }
}

async function conclude(findings: readonly Finding[]): Promise<Violations> {
  const violations = await Promise.all(
    findings.map(async (finding) => toViolations(finding, await finding.errors)),
  );
  const failure = findings.find(({ hearing }) => hearing.failure !== undefined)?.hearing.failure;
  if (failure !== undefined) throw failure.error;
  return violations.flat().slice(0, MAX_VIOLATIONS);
}

function toViolations({ hearing, message, path }: Finding, errors: readonly ValidationError[]): Violation[] {
  return errors.flatMap(({ property, constraints, contexts }) => {
    const name = property && formatFieldName(findField(message, property), property);
    const place = name === undefined ? path : formatFieldPath(path, name);
    return Object.entries(constraints ?? {}).flatMap(([rule, text]) => {
      const context = contexts?.[rule];
      const description = describe(rule, text, name);
      const keys = hearing.elements.get(elementsKey(property, rule)) ?? [];
      const fields = keys.length === 0 ? [place] : keys.map((key) => `${place}${formatElementKey(key)}`);
      return fields.map((field) => ({ field, description, rule, ...(context && { context }) }));
    });
  });
}

function describe(rule: string, text: unknown, name = "the message"): string {
  if (rule === ValidationTypes.WHITELIST) return `property ${name} should not exist`;
  if (typeof text !== "string" || text === "") return `${name} breaks the rule ${rule}`;
  return shortenDescription(text.replaceAll(FIELD, name));
}

function fieldValue(message: object, property: string): unknown {
  return (message as Record<string, unknown>)[property];
}
