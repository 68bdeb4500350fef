/**
 * What an endpoint file says. Either an object, or just its list:
 *
 * ```json
 * {
 *   "endpoints": [
 *     "10.0.0.1:50051",
 *     { "address": "10.0.0.2:50051", "weight": 3, "zone": "eu-1", "metadata": { "version": 7 } },
 *     { "addresses": ["10.0.0.3:50051", "[fd00::3]:50051"], "serverName": "orders-3", "hashKey": "3", "path": ["blue"] },
 *     { "address": "unix:/run/orders.sock" }
 *   ],
 *   "serviceConfig": { "loadBalancingConfig": [{ "round_robin": {} }] },
 *   "balancers": ["10.0.0.9:50055"]
 * }
 * ```
 *
 * `balancers` are those that the policy `grpclb` asks; `endpoints` are then what it falls back to.
 * `serverName` is the name in the servers' certificate, if it is not the channel's; the other fields are those of
 * {@link Endpoint}. Fields that are not known are ignored.
 */
import { ConfigReader } from "../service-config/config-reader.js";
import type { Address, Endpoint } from "./endpoint.js";
import { parseAddress } from "./host-port.js";
import { GRPCLB_BALANCERS, type Resolution } from "./resolver.js";

/** Throws an Error that says where the text is wrong. */
export function parseEndpointFile(text: string): Resolution {
  const json: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
  if (Array.isArray(json)) return { endpoints: json.map((entry, index) => readEndpoint(entry, index)) };
  const file = ConfigReader.of(json, "");
  const endpoints = file.list("endpoints");
  if (endpoints === undefined) throw file.error("endpoints", "a list", undefined);
  const serviceConfig = file.object("serviceConfig")?.fields;
  const balancers = file.list("balancers")?.map((entry, index) => readEndpoint(entry, index, "balancers"));
  return {
    endpoints: endpoints.map((entry, index) => readEndpoint(entry, index)),
    ...(serviceConfig === undefined ? {} : { serviceConfig }),
    ...(balancers === undefined ? {} : { attributes: { [GRPCLB_BALANCERS]: balancers } }),
  };
}

function readEndpoint(json: unknown, index: number, list = "endpoints"): Endpoint {
  const where = `${list}[${index}]`;
  const entry = ConfigReader.of(typeof json === "string" ? { address: json } : json, where);
  const serverName = entry.string("serverName");
  const [weight, metadata] = [entry.uint32("weight"), entry.value("metadata")];
  const [zone, hashKey] = [entry.string("zone"), entry.string("hashKey")];
  const path = texts(entry, "path");
  if (weight === 0) throw entry.error("weight", "a whole number from 1 on", 0);
  return {
    addresses: readAddresses(entry, serverName),
    ...(weight === undefined ? {} : { weight }),
    ...(zone === undefined ? {} : { zone }),
    ...(hashKey === undefined ? {} : { hashKey }),
    ...(path === undefined ? {} : { path }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

function readAddresses(entry: ConfigReader, serverName: string | undefined): Address[] {
  const one = entry.string("address");
  const many = texts(entry, "addresses");
  if ((one === undefined) === (many === undefined)) {
    throw entry.error("address", 'a text such as "10.0.0.1:50051", or a list of them as addresses', one);
  }
  const list = many ?? [one!];
  if (list.length === 0) throw entry.error("addresses", "a list of at least one address", list);
  return list.map((text) => {
    try {
      const address = parseAddress(text);
      return serverName === undefined ? address : { ...address, serverName };
    } catch (cause) {
      throw new Error(
        `${entry.at(one === undefined ? "addresses" : "address")}: ${(cause as Error).message}`,
        {
          cause,
        },
      );
    }
  });
}

function texts(entry: ConfigReader, name: string): readonly string[] | undefined {
  const list = entry.list(name);
  if (list === undefined || list.every((item) => typeof item === "string")) return list as readonly string[];
  throw entry.error(name, "a list of texts", list);
}
