import { type ConcreteClass, type RecordKey, recordKey, setRecord } from "../decorator-metadata.js";
import type { ValidationOptions } from "./validation-options.js";

/** The class that each message of a handler is held to, and the options that stand at the handler. */
export interface ValidateRecord {
  readonly dto: ConcreteClass;
  readonly options?: ValidationOptions;
}

export const validateKey: RecordKey<ValidateRecord> = recordKey("validate");

/**
 * Holds each message that a handler receives to the rules of a class. Streams need it, since their element type
 * does not exist at run time; elsewhere it replaces the parameter's type. (class-validator's `Validate` is
 * another decorator, for properties.)
 */
export function Validate(
  dto: ConcreteClass,
  options?: ValidationOptions,
): (target: object, property: string, descriptor?: PropertyDescriptor) => void {
  return (target, property) => {
    const record = options === undefined ? { dto } : { dto, options };
    setRecord(validateKey, record, target.constructor as ConcreteClass, property);
  };
}
