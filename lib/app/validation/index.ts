/**
 * Validated classes: class-validator's rules held against every message. A class is compiled once
 * ({@link compileValidation}) to a check that accepts good messages fast; class-validator itself is asked for the
 * words of a failure. {@link shapeOf} tells the codec which classes to build. class-validator is known only here;
 * start with `checker.ts`, then `words.ts`.
 */
export { ElementType } from "./element-type.js";
export { type ShapeOptions, shapeOf } from "./message-shape.js";
export type { ConstraintResolver } from "./rule.js";
export { hasRules } from "./rule-metadata.js";
export { Validate, type ValidateRecord, validateKey } from "./validate.js";
export { type CompileOptions, compileValidation, type Validation } from "./validation.js";
export { checkValidationOptions, type ValidationOptions } from "./validation-options.js";
export { toInvalidArgument, type Violation } from "./violation.js";
