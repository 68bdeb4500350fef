import { UnknownSchemeError } from "../../naming/target.js";
import { ConfigError, ConfigReader } from "../../service-config/config-reader.js";
import { parseServiceConfig } from "../../service-config/parse-service-config.js";
import { type PolicyChoice, type PolicyRegistry, UnknownPolicyError } from "../policy-registry.js";
import { indexKeyBuilders, type KeyBuilders, readKeyBuilder } from "./key-builders.js";

/** Whom to ask for routes. */
export interface LookupServerConfig {
  readonly target: string;
  readonly timeoutMs: number;
  /** Of the channel to it; undefined leaves that to its resolver. */
  readonly serviceConfig: unknown;
}

/** The policy that spreads calls over a target, which one field of its config names. */
export interface ChildPolicyConfig {
  readonly name: string;
  readonly targetField: string;
  /** Its config without the target. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface RlsConfig {
  readonly keyBuilders: KeyBuilders;
  readonly lookupServer: LookupServerConfig;
  readonly maxAgeMs: number;
  readonly staleAgeMs: number;
  readonly cacheBytes: number;
  /** Undefined for none. */
  readonly defaultTarget: string | undefined;
  readonly child: ChildPolicyConfig;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_AGE_MS = 300_000;
const MAX_CACHE_BYTES = 5 * 1024 * 1024;
const DUMMY_TARGET = "target_name_to_be_filled_in_later";

/** Reads the config of `rls_experimental`; throws a {@link ConfigError} with the first of its faults. */
export function parseRlsConfig(reader: ConfigReader, policies: PolicyRegistry): RlsConfig {
  const json = readShape(reader);
  const keyBuilders = indexKeyBuilders(json.keyBuilders, json.at("grpcKeybuilders"));
  checkLookupService(json.lookupService, json.at("lookupService"), policies);
  if (json.staleAgeMs > 0 && json.maxAgeMs === 0) {
    throw new ConfigError(json.at("staleAge"), "stale_age is set, but max_age is not in route lookup config");
  }
  if (json.cacheBytes <= 0) {
    throw new ConfigError(json.at("cacheSizeBytes"), "cache_size_bytes must be set to a non-zero value");
  }
  checkChannelConfig(json.channelConfig, reader.at("routeLookupChannelServiceConfig"), policies);
  if (json.targetField === "") {
    const where = reader.at("childPolicyConfigTargetFieldName");
    throw new ConfigError(where, "childPolicyConfigTargetFieldName field is not set");
  }
  return {
    keyBuilders,
    lookupServer: {
      target: json.lookupService,
      timeoutMs: json.timeoutMs || DEFAULT_TIMEOUT_MS,
      serviceConfig: json.channelConfig,
    },
    ...clampAges(json),
    cacheBytes: Math.min(json.cacheBytes, MAX_CACHE_BYTES),
    defaultTarget: json.defaultTarget === "" ? undefined : json.defaultTarget,
    child: chooseChild(json.childPolicy, json.targetField, reader.at("childPolicy"), policies),
  };
}

/** The child's policy for one target. Throws a {@link ConfigError} for a target that it cannot have. */
export function childFor(
  { name, targetField, fields }: ChildPolicyConfig,
  target: string,
  policies: PolicyRegistry,
): PolicyChoice {
  return policies.choose([{ [name]: { ...fields, [targetField]: target } }], "childPolicy");
}

/** All fields, of the right types; what they mean is looked at later. */
function readShape(reader: ConfigReader) {
  try {
    const lookup = reader.object("routeLookupConfig");
    if (lookup === undefined) throw reader.error("routeLookupConfig", "an object", undefined);
    // Not for gRPC, or not for clients that trust their lookup server.
    for (const ignored of ["httpKeybuilders", "validTargets", "requestProcessingStrategy"])
      lookup.value(ignored);
    return {
      at: (name: string) => lookup.at(name),
      keyBuilders: (lookup.objects("grpcKeybuilders") ?? []).map(readKeyBuilder),
      lookupService: lookup.string("lookupService") ?? "",
      timeoutMs: readDuration(lookup, "lookupServiceTimeout"),
      maxAgeMs: readDuration(lookup, "maxAge"),
      staleAgeMs: readDuration(lookup, "staleAge"),
      cacheBytes: readInt64(lookup, "cacheSizeBytes"),
      defaultTarget: lookup.string("defaultTarget") ?? "",
      channelConfig: reader.value("routeLookupChannelServiceConfig"),
      targetField: reader.string("childPolicyConfigTargetFieldName") ?? "",
      childPolicy: reader.list("childPolicy") ?? [],
    };
  } catch (error) {
    if (!(error instanceof ConfigError) || error instanceof DurationRangeError) throw error;
    throw new ConfigError(error.where, `json unmarshal failed for service config: ${error.reason}`);
  }
}

class DurationRangeError extends ConfigError {}

/** In milliseconds; 0 if it is not there. */
function readDuration(reader: ConfigReader, name: string): number {
  const value = reader.value(name);
  const [, sign, seconds, fraction = ""] =
    (typeof value === "string" && /^(-?)(\d*)(?:\.(\d*))?s$/.exec(value)) || [];
  const over = Number(seconds ?? 0) - 315_576_000_000;
  if (sign === "-" || over > 0 || (over === 0 && /[1-9]/.test(fraction))) {
    throw new DurationRangeError(reader.at(name), `Duration value out of range: ${JSON.stringify(value)}`);
  }
  return reader.durationMs(name) ?? 0;
}

function readInt64(reader: ConfigReader, name: string): number {
  const value = reader.value(name) ?? 0;
  const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
  if (!Number.isInteger(number)) throw reader.error(name, "a whole number", value);
  return number as number;
}

function checkLookupService(text: string, where: string, policies: PolicyRegistry): void {
  if (text === "") throw new ConfigError(where, "empty lookup_service in route lookup config");
  try {
    policies.checkTarget(text);
  } catch (error) {
    const problem = error instanceof UnknownSchemeError ? "unregistered scheme" : "invalid target URI";
    throw new ConfigError(where, `${problem} in lookup_service: ${(error as Error).message}`);
  }
}

function checkChannelConfig(json: unknown, where: string, policies: PolicyRegistry): void {
  if (json === undefined) return;
  try {
    parseServiceConfig(json, policies);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const unknown = error instanceof UnknownPolicyError ? "no supported policies found in config: " : "";
    throw new ConfigError(where, `bad control channel service config: ${unknown}${error.message}`);
  }
}

/** Ages of 0 are as good as none. An answer may be older than the longest only if it is refreshed in between. */
function clampAges(json: { readonly maxAgeMs: number; readonly staleAgeMs: number }) {
  const given = json.maxAgeMs || MAX_AGE_MS;
  const maxAgeMs = Math.max(1, json.staleAgeMs > 0 ? given : Math.min(given, MAX_AGE_MS));
  const staleAgeMs = Math.min(json.staleAgeMs || MAX_AGE_MS, MAX_AGE_MS, maxAgeMs);
  return { maxAgeMs, staleAgeMs };
}

function chooseChild(
  list: readonly unknown[],
  targetField: string,
  where: string,
  policies: PolicyRegistry,
): ChildPolicyConfig {
  const entries = list.map((entry, index) => {
    const keys = typeof entry === "object" && entry !== null ? Object.keys(entry) : [];
    if (keys.length !== 1) {
      const at = `${where}[${index}]`;
      throw new ConfigError(at, "invalid childPolicy config: does not contain exactly 1 policy/config pair");
    }
    return { name: keys[0]!, config: (entry as Record<string, unknown>)[keys[0]!] };
  });
  const chosen = entries.find(({ name }) => policies.find(name) !== undefined);
  if (chosen === undefined) {
    const names = entries.map(({ name }) => name).join(", ") || "none";
    const problem = `no supported policies found: it names ${names}. Known: ${policies.names.join(", ")}`;
    throw new ConfigError(where, `invalid childPolicy config: ${problem}`);
  }
  try {
    const { fields } = ConfigReader.of(chosen.config ?? {}, where);
    const child = { name: chosen.name, targetField, fields };
    childFor(child, DUMMY_TARGET, policies);
    return child;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(where, `childPolicy config validation failed: ${error.message}`);
  }
}
