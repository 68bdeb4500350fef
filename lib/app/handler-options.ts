import { overflows } from "../flow/index.js";
import {
  hasRequestStream,
  hasResponseStream,
  type MethodDescriptor,
  type StartupProblem,
  suggest,
} from "../rpc/index.js";
import type { GrpcMethodOptions } from "./controller.js";

const optionNames: readonly (keyof GrpcMethodOptions)[] = ["name", "window", "overflow", "bufferSize"];

/** What is wrong with the options of a `@GrpcMethod`; one that the mode of its rpc has no use for is told as well. */
export function checkHandlerOptions(
  where: string,
  method: MethodDescriptor,
  options: GrpcMethodOptions,
  problems: StartupProblem[],
): void {
  const report = (what: string): void => {
    problems.push({ code: "BAD_OPTION", message: `@GrpcMethod of ${where}: ${what}` });
  };
  for (const name of Object.keys(options)) {
    if (!optionNames.some((known) => known === name)) {
      report(`there is no option "${name}".${suggest(name, optionNames)}`);
    }
  }
  const { window, overflow, bufferSize } = options;
  if (window !== undefined) {
    if (!isPositive(window)) report(`window must be a positive whole number, got ${window}.`);
    else if (!hasRequestStream(method.kind)) {
      report(`window does nothing, since a ${method.kind} rpc receives one message. Remove it.`);
    }
  }
  if (overflow !== undefined && !overflows.includes(overflow)) {
    report(`overflow must be one of ${overflows.join(", ")}, got "${overflow}".`);
  }
  if (bufferSize !== undefined && !isPositive(bufferSize)) {
    report(`bufferSize must be a positive whole number, got ${bufferSize}.`);
  }
  if ((overflow !== undefined || bufferSize !== undefined) && !hasResponseStream(method.kind)) {
    report(`overflow and bufferSize do nothing, since a ${method.kind} rpc sends one message. Remove them.`);
  }
}

function isPositive(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}
