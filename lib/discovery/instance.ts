/**
 * What a registry keeps of one instance of a service: the JSON of etcd's own Go library
 * (`go.etcd.io/etcd/client/v3/naming/endpoints`), byte for byte as Go writes it, so that services in Go find ours and
 * ours find theirs:
 *
 * ```json
 * {"Op":0,"Addr":"10.0.0.7:50051","Metadata":{"weight":3,"zone":"eu-1"}}
 * ```
 */
import { isIPv6 } from "node:net";
import { type Address, type Endpoint, endpointKey } from "../client/index.js";

/** One instance of a service, as a registry knows it. */
export interface ServiceInstance {
  /** `host:port`, `[::1]:port`, or `unix:` and the path of a socket. */
  readonly address: string;
  /** Any JSON. Of an object, `weight` (a whole number from 1 on) and `zone` (a text) are for policies. */
  readonly metadata?: unknown;
}

/** As Go's `json.Marshal` writes it. Throws an Error if the metadata is no JSON. */
export function encodeInstance({ address, metadata }: ServiceInstance): string {
  return `{"Op":0,"Addr":${goJson(address)},"Metadata":${goJson(metadata ?? null)}}`;
}

/** Reads what {@link encodeInstance}, or Go, has written. Throws an Error, in words, for anything else. */
export function decodeInstance(text: string): ServiceInstance {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error("it is no JSON", { cause });
  }
  if (!isPlainObject(value)) throw new Error("it is no JSON object");
  const address = goField(value, "Addr");
  if (typeof address !== "string" || address === "") throw new Error('it has no text under "Addr"');
  const metadata = goField(value, "Metadata") ?? undefined;
  return metadata === undefined ? { address } : { address, metadata };
}

/** What policies see of an instance. Throws an Error, in words, if its address is none. */
export function toEndpoint({ address, metadata }: ServiceInstance): Endpoint {
  const { weight, zone } = isPlainObject(metadata) ? metadata : {};
  return {
    addresses: [parseAddress(address)],
    ...(isWeight(weight) ? { weight } : {}),
    ...(typeof zone === "string" && zone !== "" ? { zone } : {}),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/** Instances in the order of their keys; of those that share an address, the first. */
export function toEndpoints(instances: ReadonlyMap<string, Endpoint>): Endpoint[] {
  const keys = [...instances.keys()].sort();
  const byAddress = new Map<string, Endpoint>();
  for (const key of keys) {
    const endpoint = instances.get(key)!;
    const address = endpointKey(endpoint);
    if (!byAddress.has(address)) byAddress.set(address, endpoint);
  }
  return [...byAddress.values()];
}

/** Policies take weights as unsigned numbers of 32 bits. */
export function isWeight(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) < 2 ** 32;
}

export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseAddress(text: string): Address {
  if (text.startsWith("unix:")) {
    const path = text.slice("unix:".length).replace(/^\/\/(?=\/)/, "");
    if (path === "") throw new Error(`"${text}" names no socket`);
    return { path: path.replace(/^@/, "\0") };
  }
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:\s[\]/]+)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  const host = bracketed ?? plain;
  if (host === undefined || (bracketed !== undefined && !isIPv6(bracketed)) || port < 1 || port > 65_535) {
    throw new Error(`"${text}" is no host:port`);
  }
  return { host, port };
}

/** Go prefers the exact name, and takes any other spelling that differs in upper and lower case only. */
function goField(value: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(value, name)) return value[name];
  const folded = name.toLowerCase();
  const found = Object.keys(value).findLast((key) => key.toLowerCase() === folded);
  return found === undefined ? undefined : value[found];
}

const escapedByGo = /[<>&\u2028\u2029]/g;

/** JSON in the form of Go: keys of objects in order, and what could end a `<script>` escaped. */
function goJson(value: unknown): string {
  const text = JSON.stringify(value);
  if (text === undefined) throw new Error(`${typeof value} is no JSON`);
  const ordered = writeOrdered(JSON.parse(text));
  return ordered.replace(escapedByGo, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Go orders keys by the bytes of UTF-8, which is the order of code points. */
function writeOrdered(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(writeOrdered).join(",")}]`;
  if (!isPlainObject(value)) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${writeOrdered(inner)}`).join(",")}}`;
}
