import { createChannel } from "../../client/index.js";
import { OptionCheck } from "../option-check.js";
import { type ReportedWeightsOptions, weightConfig } from "./reported-weights.js";

const optionNames = [
  ...(["oobReportingPeriodMs", "blackoutPeriodMs", "weightExpirationPeriodMs"] as const),
  ...(["weightUpdatePeriodMs", "errorUtilizationPenalty"] as const),
  ...(["metricNamesForComputingUtilization", "channel"] as const),
] satisfies (keyof ReportedWeightsOptions)[];

/** Throws a StartupError for options that make no sense. */
export function checkReportedWeights(where: string, options: object): void {
  const check = new OptionCheck(where, options);
  check.names(optionNames);
  check.expectMs("oobReportingPeriodMs", 1);
  check.expectMs("weightUpdatePeriodMs", 1);
  check.expectMs("weightExpirationPeriodMs", 1);
  check.expectMs("blackoutPeriodMs", 0);
  // The rest is checked where it is used.
  if (check.isFine) {
    const known = options as ReportedWeightsOptions;
    check.include(() => weightConfig(known));
    check.include(() => void createChannel("static:///127.0.0.1:1", known.channel).close());
  }
  check.finish();
}
