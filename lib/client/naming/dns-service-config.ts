/** The service config in a TXT record (A2): `grpc_config=` and a list of choices, of which the first that fits counts. */
import type { Logger } from "../../rpc/index.js";
import { ConfigError, ConfigReader } from "../service-config/config-reader.js";

/** What a choice may ask about a client. */
export interface DnsClient {
  readonly hostname: string;
  /** From 0 up to but not including 100; choices for n percent are for those below n. */
  readonly percentile: number;
}

const PREFIX = "grpc_config=";
const LANGUAGE = "node";

/**
 * The config for this client, undefined if there is none. Throws a {@link ConfigError} for a record that is wrong;
 * one without the prefix is somebody else's.
 */
export function chooseServiceConfig(
  records: readonly string[],
  client: DnsClient,
  where: string,
  logger: Logger,
): unknown {
  const record = records.find((text) => text.startsWith(PREFIX));
  if (record === undefined) {
    if (records.length > 0) logger.warn({ name: where }, `no TXT record begins with ${PREFIX}`);
    return undefined;
  }
  const choices = readJson(record.slice(PREFIX.length), where);
  if (!Array.isArray(choices)) throw new ConfigError(where, "must be a list of choices");
  // All are read before one is taken, so that a wrong one is noticed by every client.
  const read = choices.map((choice, index) =>
    readChoice(ConfigReader.of(choice, `${where}[${index}]`), client),
  );
  return read.find(({ fits }) => fits)?.serviceConfig;
}

function readChoice(choice: ConfigReader, { hostname, percentile }: DnsClient) {
  const languages = texts(choice, "clientLanguage");
  const hostnames = texts(choice, "clientHostname");
  const percentage = choice.uint32("percentage", 100);
  const serviceConfig = choice.object("serviceConfig")?.fields;
  if (serviceConfig === undefined) throw choice.error("serviceConfig", "an object", undefined);
  const fits =
    (languages?.some((language) => language.toLowerCase() === LANGUAGE) ?? true) &&
    (hostnames?.includes(hostname) ?? true) &&
    (percentage === undefined || percentile < percentage);
  return { fits, serviceConfig };
}

/** An empty list asks for nothing, as in the other languages. */
function texts(choice: ConfigReader, name: string): readonly string[] | undefined {
  const list = choice.list(name);
  if (list === undefined || list.length === 0) return undefined;
  if (!list.every((entry) => typeof entry === "string")) throw choice.error(name, "a list of texts", list);
  return list as readonly string[];
}

function readJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(where, `is no JSON: ${(cause as Error).message}`);
  }
}
