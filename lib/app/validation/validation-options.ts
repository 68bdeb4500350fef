/** What a module or an application may set for the validation of its messages. */
import { type StartupProblem, suggest } from "../../rpc/index.js";

/**
 * class-validator's own options, with its meaning and defaults. Left out are those that only shape its errors,
 * which never reach a user of Grebe.
 */
export interface ValidationOptions {
  /** Only rules of these groups apply, and those marked `always`. */
  readonly groups?: readonly string[];
  /** Rules without groups apply whatever `groups` says. Default false. */
  readonly always?: boolean;
  /** Without `groups`, rules that have groups do not apply. Default false. */
  readonly strictGroups?: boolean;
  /** Fields that are undefined are only held to `@IsDefined`. Default false. */
  readonly skipUndefinedProperties?: boolean;
  /** Fields that are null are only held to `@IsDefined`. Default false. */
  readonly skipNullProperties?: boolean;
  /** Both of the above. Default false. */
  readonly skipMissingProperties?: boolean;
  /**
   * Removes fields that carry no decorator of class-validator (`@Allow` is one) from the message before the
   * handler sees it. Default false: what the class does not name is kept as decoded.
   */
  readonly whitelist?: boolean;
  /** With `whitelist`: such fields are violations instead. A decoded message has all fields of its proto. */
  readonly forbidNonWhitelisted?: boolean;
  /** An object whose class has no rule that applies is a violation. Default true. */
  readonly forbidUnknownValues?: boolean;
  /** At most one violation per field. Default false. */
  readonly stopAtFirstError?: boolean;
  /** Only messages that the user wrote; a rule without one is reported by its name. Default false. */
  readonly dismissDefaultMessages?: boolean;
}

const kinds: Readonly<Record<keyof ValidationOptions, "boolean" | "groups">> = {
  groups: "groups",
  always: "boolean",
  strictGroups: "boolean",
  skipUndefinedProperties: "boolean",
  skipNullProperties: "boolean",
  skipMissingProperties: "boolean",
  whitelist: "boolean",
  forbidNonWhitelisted: "boolean",
  forbidUnknownValues: "boolean",
  stopAtFirstError: "boolean",
  dismissDefaultMessages: "boolean",
};

/** Reports options that are not known or have a value of the wrong type; `where` names the place they stand at. */
export function checkValidationOptions(options: unknown, where: string, problems: StartupProblem[]): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null) {
    problems.push({ code: "BAD_OPTION", message: `The validation options of ${where} must be an object.` });
    return;
  }
  for (const [name, value] of Object.entries(options)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name as keyof ValidationOptions] : undefined;
    if (kind === undefined) {
      problems.push({
        code: "BAD_OPTION",
        message: `The validation options of ${where} have no "${name}".${suggest(name, Object.keys(kinds))}`,
      });
    } else if (kind === "groups" ? !isGroupList(value) : value !== undefined && typeof value !== "boolean") {
      const wanted = kind === "groups" ? "a list of names" : "true or false";
      problems.push({
        code: "BAD_OPTION",
        message: `The validation option "${name}" of ${where} must be ${wanted}.`,
      });
    }
  }
}

function isGroupList(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.every((group) => typeof group === "string"));
}
