import { StatusCode, suggest } from "../../rpc/index.js";
import { ConfigError, ConfigReader } from "./config-reader.js";
import type { HedgingPolicy, MethodConfig, RetryPolicy } from "./service-config.js";

const codesByName: ReadonlyMap<string, StatusCode> = new Map(Object.entries(StatusCode));
const codes: ReadonlySet<unknown> = new Set(Object.values(StatusCode));

/** Reads one entry of `methodConfig`, but for its names. */
export function parseMethodConfig(reader: ConfigReader): MethodConfig {
  const timeoutMs = reader.durationMs("timeout");
  if (timeoutMs !== undefined && timeoutMs < 0) {
    throw reader.error("timeout", "a duration of at least 0s", reader.value("timeout"));
  }
  const retry = reader.object("retryPolicy");
  const hedging = reader.object("hedgingPolicy");
  if (retry !== undefined && hedging !== undefined) {
    throw new ConfigError(
      reader.where,
      "has a retryPolicy and a hedgingPolicy; it may have only one of them",
    );
  }
  return {
    timeoutMs,
    waitForReady: reader.boolean("waitForReady"),
    maxRequestBytes: reader.uint32("maxRequestMessageBytes"),
    maxResponseBytes: reader.uint32("maxResponseMessageBytes"),
    retry: retry && parseRetryPolicy(retry),
    hedging: hedging && parseHedgingPolicy(hedging),
  };
}

/** A6, "Retry Policy". */
function parseRetryPolicy(reader: ConfigReader): RetryPolicy {
  const policy: RetryPolicy = {
    maxAttempts: readMaxAttempts(reader),
    initialBackoffMs: required(reader, "initialBackoff", positiveDuration(reader, "initialBackoff")),
    maxBackoffMs: required(reader, "maxBackoff", positiveDuration(reader, "maxBackoff")),
    backoffMultiplier: required(reader, "backoffMultiplier", reader.number("backoffMultiplier")),
    retryableCodes: required(reader, "retryableStatusCodes", readCodes(reader, "retryableStatusCodes")),
    perAttemptRecvTimeoutMs: positiveDuration(reader, "perAttemptRecvTimeout"),
  };
  if (policy.backoffMultiplier <= 0) {
    throw reader.error("backoffMultiplier", "greater than 0", policy.backoffMultiplier);
  }
  if (policy.retryableCodes.size === 0) {
    throw reader.error("retryableStatusCodes", "a list with at least one status code", []);
  }
  return policy;
}

/** A6, "Hedging Policy". */
function parseHedgingPolicy(reader: ConfigReader): HedgingPolicy {
  const hedgingDelayMs = reader.durationMs("hedgingDelay") ?? 0;
  if (hedgingDelayMs < 0) {
    throw reader.error("hedgingDelay", "a duration of at least 0s", reader.value("hedgingDelay"));
  }
  const policy: HedgingPolicy = {
    maxAttempts: readMaxAttempts(reader),
    hedgingDelayMs,
    nonFatalCodes: readCodes(reader, "nonFatalStatusCodes") ?? new Set(),
  };
  return policy;
}

/** The cap (A6: 5) is the call's business: it is an option of the channel. */
function readMaxAttempts(reader: ConfigReader): number {
  const maxAttempts = required(reader, "maxAttempts", reader.uint32("maxAttempts"));
  if (maxAttempts < 2) throw reader.error("maxAttempts", "a whole number greater than 1", maxAttempts);
  return maxAttempts;
}

function positiveDuration(reader: ConfigReader, name: string): number | undefined {
  const ms = reader.durationMs(name);
  if (ms !== undefined && ms <= 0) throw reader.error(name, "a duration greater than 0s", reader.value(name));
  return ms;
}

function required<T>(reader: ConfigReader, name: string, value: T | undefined): T {
  if (value === undefined) throw new ConfigError(reader.at(name), "is required");
  return value;
}

/** Names in any case, or numbers. */
function readCodes(reader: ConfigReader, name: string): ReadonlySet<StatusCode> | undefined {
  const list = reader.list(name);
  if (list === undefined) return undefined;
  return new Set(
    list.map((entry, index) => {
      const code = typeof entry === "string" ? codesByName.get(entry.toUpperCase()) : entry;
      if (codes.has(code)) return code as StatusCode;
      const hint = typeof entry === "string" ? suggest(entry, codesByName.keys()) : "";
      throw new ConfigError(
        `${reader.at(name)}[${index}]`,
        `must be the name of a status code or a number from 0 to 16, got ${JSON.stringify(entry)}.${hint}`,
      );
    }),
  );
}
