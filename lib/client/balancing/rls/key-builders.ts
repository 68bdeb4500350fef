import { ConfigError, type ConfigReader } from "../../service-config/config-reader.js";

/** What of a request becomes part of its key. */
export interface KeyBuilder {
  /** The first of these headers that the request has gives the key its value. */
  readonly headers: readonly { readonly key: string; readonly names: readonly string[] }[];
  readonly hostKey: string | undefined;
  readonly serviceKey: string | undefined;
  readonly methodKey: string | undefined;
  readonly constants: Readonly<Record<string, string>>;
}

/** By method: `/service/method`, or `/service/` for all others of the service. */
export type KeyBuilders = ReadonlyMap<string, KeyBuilder>;

/** One of the config's key builders as it is written there. */
export interface KeyBuilderJson {
  readonly where: string;
  readonly names: readonly { readonly service: string; readonly method: string }[];
  readonly headers: readonly {
    readonly key: string;
    readonly names: readonly string[];
    readonly requiredMatch: boolean;
  }[];
  readonly extraKeys: { readonly host: string; readonly service: string; readonly method: string };
  readonly constantKeys: Readonly<Record<string, string>>;
}

/** Reads a key builder, and checks nothing but the types of its fields. */
export function readKeyBuilder(reader: ConfigReader): KeyBuilderJson {
  const extra = reader.object("extraKeys");
  const constants = reader.object("constantKeys");
  return {
    where: reader.where,
    names: (reader.objects("names") ?? []).map((name) => ({
      service: name.string("service") ?? "",
      method: name.string("method") ?? "",
    })),
    headers: (reader.objects("headers") ?? []).map((header) => ({
      key: header.string("key") ?? "",
      names: (header.list("names") ?? []).map((name) => {
        if (typeof name !== "string") throw header.error("names", "a list of texts", name);
        return name;
      }),
      requiredMatch: header.boolean("requiredMatch") ?? false,
    })),
    extraKeys: {
      host: extra?.string("host") ?? "",
      service: extra?.string("service") ?? "",
      method: extra?.string("method") ?? "",
    },
    constantKeys: Object.fromEntries(
      Object.entries(constants?.fields ?? {}).map(([key, value]) => {
        if (typeof value !== "string") throw constants!.error(key, "a text", value);
        return [key, value];
      }),
    ),
  };
}

/** Checks key builders, and sorts them by the methods that they are for. Throws a {@link ConfigError}. */
export function indexKeyBuilders(builders: readonly KeyBuilderJson[], where: string): KeyBuilders {
  if (builders.length === 0) throw new ConfigError(where, "does not contain any GrpcKeyBuilder");
  const byMethod = new Map<string, KeyBuilder>();
  for (const json of builders) {
    const paths = checkNames(json, byMethod);
    const builder = checkKeys(json);
    for (const path of paths) byMethod.set(path, builder);
  }
  return byMethod;
}

function checkNames({ where, names }: KeyBuilderJson, earlier: KeyBuilders): ReadonlySet<string> {
  if (names.length === 0) throw new ConfigError(where, "does not contain any Name");
  const paths = new Set<string>();
  for (const { service, method } of names) {
    if (service === "") throw new ConfigError(where, "contains a Name field with no Service");
    if (method.includes("/")) {
      throw new ConfigError(where, `contains a method with a slash, ${JSON.stringify(method)}`);
    }
    const path = `/${service}/${method}`;
    if (paths.has(path) || earlier.has(path)) {
      throw new ConfigError(where, `contains repeated Name field ${JSON.stringify(path)}`);
    }
    paths.add(path);
  }
  return paths;
}

function checkKeys({ where, headers, extraKeys, constantKeys }: KeyBuilderJson): KeyBuilder {
  const keys = new Set(Object.keys(constantKeys));
  if (keys.has("")) throw new ConfigError(where, "contains an empty key in constant_keys");
  for (const { key, names, requiredMatch } of headers) {
    if (requiredMatch) throw new ConfigError(where, `has required_match field set for ${key}`);
    if (key === "") throw new ConfigError(where, "contains an empty key in headers");
    if (names.length === 0 || names.includes("")) {
      throw new ConfigError(where, `contains the key ${JSON.stringify(key)} without the name of a header`);
    }
    if (keys.has(key)) {
      const place = "across headers, constant_keys and extra_keys";
      throw new ConfigError(where, `contains repeated key ${JSON.stringify(key)} ${place}`);
    }
    keys.add(key);
  }
  for (const key of [extraKeys.host, extraKeys.service, extraKeys.method]) {
    if (key !== "" && keys.has(key)) {
      const place = "in extra_keys from constant_keys or headers";
      throw new ConfigError(where, `contains repeated key ${JSON.stringify(key)} ${place}`);
    }
    keys.add(key);
  }
  return {
    headers: headers.map(({ key, names }) => ({ key, names: names.flatMap(textHeader) })),
    hostKey: extraKeys.host || undefined,
    serviceKey: extraKeys.service || undefined,
    methodKey: extraKeys.method || undefined,
    constants: constantKeys,
  };
}

/** The name as headers have it; none for what no header with a text value is called. */
function textHeader(name: string): readonly string[] {
  const lower = name.toLowerCase();
  return /^[0-9a-z_.-]+$/.test(lower) && !lower.endsWith("-bin") ? [lower] : [];
}
