import type { ConfigReader } from "../../service-config/config-reader.js";
import type { PolicyChoice, PolicyRegistry } from "../policy-registry.js";

export type ChildMode = "pick_first" | "round_robin";

export interface GrpclbConfig {
  readonly mode: ChildMode;
  /** The policy of that name. */
  readonly child: PolicyChoice;
  /** What the balancer is told; empty for what the channel's target names. */
  readonly serviceName: string;
  /** How long the first list may take before the resolver's own addresses are used. */
  readonly initialFallbackTimeoutMs: number;
}

const DEFAULT_MODE: ChildMode = "round_robin";
const DEFAULT_FALLBACK_TIMEOUT_MS = 10_000;
/** The longest name that the protocol allows. */
export const MAX_NAME_BYTES = 255;

export function parseGrpclbConfig(reader: ConfigReader, policies: PolicyRegistry): GrpclbConfig {
  const serviceName = reader.string("serviceName") ?? "";
  if (Buffer.byteLength(serviceName) > MAX_NAME_BYTES) {
    throw reader.error("serviceName", `at most ${MAX_NAME_BYTES} bytes`, serviceName);
  }
  const initialFallbackTimeoutMs = reader.durationMs("initialFallbackTimeout") ?? DEFAULT_FALLBACK_TIMEOUT_MS;
  if (initialFallbackTimeoutMs < 0) {
    throw reader.error("initialFallbackTimeout", "at least 0", reader.value("initialFallbackTimeout"));
  }
  return { ...parseChild(reader, policies), serviceName, initialFallbackTimeoutMs };
}

/** In the place of a policy that is not honoured. */
const skipped = { "": {} };

/** The first of the two policies that are honoured; others are skipped, also those that are known. */
function parseChild(reader: ConfigReader, policies: PolicyRegistry): Pick<GrpclbConfig, "mode" | "child"> {
  const list = reader.list("childPolicy") ?? [];
  const mode = list.flatMap(namesIn).find(isChildMode) ?? DEFAULT_MODE;
  // What is skipped keeps its place, and its form, which must be right; only its name is nobody's.
  const entries = list.map((entry) => {
    const names = namesIn(entry);
    return names.length === 1 && !isChildMode(names[0]!) ? skipped : entry;
  });
  return { mode, child: policies.choose([...entries, { [DEFAULT_MODE]: {} }], reader.at("childPolicy")) };
}

function namesIn(entry: unknown): string[] {
  return typeof entry === "object" && entry !== null ? Object.keys(entry) : [];
}

function isChildMode(name: string): name is ChildMode {
  return name === "pick_first" || name === "round_robin";
}
