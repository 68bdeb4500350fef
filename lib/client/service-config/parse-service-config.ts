import type { PolicyChoice, PolicyRegistry } from "../balancing/policy-registry.js";
import { ConfigError, ConfigReader } from "./config-reader.js";
import { parseMethodConfig } from "./parse-method-config.js";
import type { MethodConfig, ServiceConfig, ThrottleConfig } from "./service-config.js";

export interface ParseServiceConfigOptions {
  /**
   * What becomes of fields that nobody knows. `ignore` is for configs that others wrote, perhaps for newer clients;
   * `report` for those of the user's own code: they are errors. Default: `ignore`.
   */
  readonly unknownFields?: "ignore" | "report";
}

const MAX_TOKENS = 1000;
const MIN_TOKEN_RATIO = 0.001;
const ROOT = "service config";

/**
 * Reads a service config, JSON text or what came of it
 * (https://github.com/grpc/grpc/blob/master/doc/service_config.md). Anything wrong in it makes the whole of it wrong
 * (A21) and throws a {@link ConfigError} that says where and why.
 */
export function parseServiceConfig(
  json: unknown,
  policies: PolicyRegistry,
  { unknownFields = "ignore" }: ParseServiceConfigOptions = {},
): ServiceConfig {
  const report = unknownFields === "report";
  const reader = readRoot(json);
  const methods = readMethods(reader);
  const config: ServiceConfig = {
    policy: readPolicy(reader, report ? policies.strict() : policies),
    method: (path) => methods.find(path),
    retryThrottling: readThrottling(reader),
    healthServiceName: readHealthService(reader),
  };
  // A105 is for connections that share an address by themselves; ours are an option of the channel.
  reader.value("connectionScaling");
  if (report) reader.rejectUnknown();
  return config;
}

function readRoot(json: unknown): ConfigReader {
  let value = json;
  if (typeof json === "string") {
    try {
      value = JSON.parse(json);
    } catch (cause) {
      throw new ConfigError(ROOT, `is no JSON: ${(cause as Error).message}`);
    }
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ConfigError(ROOT, `must be an object, got ${JSON.stringify(value)}`);
  }
  return ConfigReader.of(value, "");
}

function readPolicy(reader: ConfigReader, policies: PolicyRegistry): PolicyChoice {
  const list = reader.list("loadBalancingConfig");
  const name = reader.string("loadBalancingPolicy");
  if (list !== undefined && list.length > 0) return policies.choose(list, "loadBalancingConfig");
  if (name === undefined || name === "") return policies.choose([{ pick_first: {} }], ROOT);
  const known = policies.names.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  return policies.choose([{ [known ?? name]: {} }], "loadBalancingPolicy");
}

function readThrottling(reader: ConfigReader): ThrottleConfig | undefined {
  const throttling = reader.object("retryThrottling");
  if (throttling === undefined) return undefined;
  const maxTokens = throttling.number("maxTokens");
  if (maxTokens === undefined || maxTokens <= 0 || maxTokens > MAX_TOKENS) {
    throw throttling.error("maxTokens", `a number greater than 0 and at most ${MAX_TOKENS}`, maxTokens);
  }
  const tokenRatio = throttling.number("tokenRatio");
  // A6: only three decimals count, so anything smaller is 0.
  if (tokenRatio === undefined || tokenRatio < MIN_TOKEN_RATIO) {
    throw throttling.error("tokenRatio", `a number of at least ${MIN_TOKEN_RATIO}`, tokenRatio);
  }
  return { maxTokens, tokenRatio };
}

/** A17: without a name there are no health checks; an empty one is the server as a whole. */
function readHealthService(reader: ConfigReader): string | undefined {
  const health = reader.object("healthCheckConfig");
  if (health === undefined) return undefined;
  const serviceName = health.string("serviceName");
  return serviceName;
}

/** Configs of methods: by path, by `/service/`, and for all others. */
class MethodTable {
  readonly #byName = new Map<string, MethodConfig>();
  #default: MethodConfig | undefined;

  /** Throws for a name that was added before. */
  add(service: string, method: string, config: MethodConfig, where: string): void {
    const key = service === "" ? "" : `/${service}/${method}`;
    if (key === "" ? this.#default !== undefined : this.#byName.has(key)) {
      const name = key === "" ? "every method" : method === "" ? `every method of ${service}` : key.slice(1);
      throw new ConfigError(where, `${name} was named before`);
    }
    if (key === "") this.#default = config;
    else this.#byName.set(key, config);
  }

  /** The first that fits, as it is: nothing is merged. */
  find(path: string): MethodConfig | undefined {
    if (this.#byName.size === 0) return this.#default;
    return (
      this.#byName.get(path) ?? this.#byName.get(path.slice(0, path.lastIndexOf("/") + 1)) ?? this.#default
    );
  }
}

function readMethods(reader: ConfigReader): MethodTable {
  const table = new MethodTable();
  for (const entry of reader.objects("methodConfig") ?? []) {
    const config = parseMethodConfig(entry);
    for (const name of entry.objects("name") ?? []) {
      const service = name.string("service") ?? "";
      const method = name.string("method") ?? "";
      if (service === "" && method !== "") {
        throw new ConfigError(name.where, `names the method ${method} without its service`);
      }
      table.add(service, method, config, name.where);
    }
  }
  return table;
}
