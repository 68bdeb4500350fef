import type { MessageDescriptor } from "../../rpc/index.js";
import type { Class } from "../decorator-metadata.js";
import { Checker } from "./checker.js";
import type { ConstraintResolver } from "./rule.js";
import type { ValidationOptions } from "./validation-options.js";
import type { Violation } from "./violation.js";
import { Words } from "./words.js";

/** The rules of one class, ready to be asked on every message. */
export interface Validation {
  /**
   * What is wrong with a message: undefined if nothing is. A promise only where a rule that the message meets is
   * asynchronous. A good message costs well below a microsecond; on a bad one, custom constraints run twice.
   * Throws (or rejects with) what a custom constraint, condition or message function throws.
   */
  check(message: object): readonly Violation[] | undefined | Promise<readonly Violation[] | undefined>;
}

export interface CompileOptions {
  /** The message type: it gives paths their proto names and tells maps from messages. */
  readonly message?: MessageDescriptor;
  readonly options?: ValidationOptions;
  /** Gives this application's instance of a custom constraint class. Asked once for each class. */
  readonly resolve?: ConstraintResolver;
}

/** Compiles the rules that stand on a class and on the classes of its nested fields. */
export function compileValidation(target: Class, compileOptions: CompileOptions = {}): Validation {
  const { message: descriptor, options = {}, resolve } = compileOptions;
  const checker = new Checker(options, resolve);
  checker.compile(target, descriptor);
  const words = new Words(checker);

  const explain = (message: object, isAsync: boolean) => {
    const violations = words.find(message, descriptor, isAsync);
    return violations instanceof Promise ? violations.then(orUndefined) : orUndefined(violations);
  };
  return {
    check(message) {
      const verdict = checker.check(message, descriptor);
      if (verdict === true) return undefined;
      if (verdict === false) return explain(message, false);
      return verdict.then((isGood) => (isGood ? undefined : explain(message, true)));
    },
  };
}

function orUndefined(violations: readonly Violation[]): readonly Violation[] | undefined {
  return violations.length === 0 ? undefined : violations;
}
