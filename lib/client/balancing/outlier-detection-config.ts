import type { ConfigReader } from "../service-config/config-reader.js";
import type { PolicyChoice, PolicyRegistry } from "./policy-registry.js";

interface EjectionConfig {
  /** How many of 100 endpoints that should be ejected are. */
  readonly enforcementPercentage: number;
  /** How many endpoints must have had `requestVolume` calls. */
  readonly minimumHosts: number;
  readonly requestVolume: number;
}

export interface SuccessRateConfig extends EjectionConfig {
  /** How far below the mean is too far, in thousandths of the standard deviation. */
  readonly stdevFactor: number;
}

export interface FailurePercentageConfig extends EjectionConfig {
  /** How many of 100 calls may fail. */
  readonly threshold: number;
}

export interface OutlierDetectionConfig {
  readonly intervalMs: number;
  readonly baseEjectionTimeMs: number;
  readonly maxEjectionTimeMs: number;
  /** No more are ejected once this share is. */
  readonly maxEjectionPercent: number;
  readonly successRateEjection: SuccessRateConfig | undefined;
  readonly failurePercentageEjection: FailurePercentageConfig | undefined;
  readonly childPolicy: PolicyChoice;
}

/** Without an algorithm there is nothing to count. */
export function isNoop(config: OutlierDetectionConfig): boolean {
  return config.successRateEjection === undefined && config.failurePercentageEjection === undefined;
}

export function parseOutlierDetectionConfig(
  config: ConfigReader,
  policies: PolicyRegistry,
): OutlierDetectionConfig {
  const duration = (name: string, fallbackMs: number): number => {
    const ms = config.durationMs(name) ?? fallbackMs;
    if (ms < 0) throw config.error(name, "a duration of at least 0", config.value(name));
    return ms;
  };
  const baseEjectionTimeMs = duration("baseEjectionTime", 30_000);
  const successRate = config.object("successRateEjection");
  const failurePercentage = config.object("failurePercentageEjection");
  return {
    intervalMs: duration("interval", 10_000),
    baseEjectionTimeMs,
    maxEjectionTimeMs: Math.max(baseEjectionTimeMs, duration("maxEjectionTime", 300_000)),
    maxEjectionPercent: config.uint32("maxEjectionPercent", 100) ?? 10,
    successRateEjection: successRate && {
      stdevFactor: successRate.uint32("stdevFactor") ?? 1900,
      ...parseEjection(successRate, 100),
    },
    failurePercentageEjection: failurePercentage && {
      threshold: failurePercentage.uint32("threshold", 100) ?? 85,
      ...parseEjection(failurePercentage, 50),
    },
    childPolicy: policies.choose(config.value("childPolicy"), config.at("childPolicy")),
  };
}

function parseEjection(config: ConfigReader, requestVolume: number): EjectionConfig {
  return {
    enforcementPercentage: config.uint32("enforcementPercentage", 100) ?? 100,
    minimumHosts: config.uint32("minimumHosts") ?? 5,
    requestVolume: config.uint32("requestVolume") ?? requestVolume,
  };
}
