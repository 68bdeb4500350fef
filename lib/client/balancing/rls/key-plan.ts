import { type Metadata, metadataValues } from "../../../rpc/index.js";
import type { KeyBuilder, KeyBuilders } from "./key-builders.js";

/** The key of a request, as the lookup server gets it. */
export type KeyMap = Readonly<Record<string, string>>;

/** How the keys of one method are made: worked out once, so that a pick reads headers and nothing else. */
export class KeyPlan {
  readonly path: string;
  /** In this order their values lead to a route. */
  readonly headers: KeyBuilder["headers"];
  /** What is the same for all requests of the method. */
  readonly fixed: KeyMap;

  constructor(path: string, headers: KeyBuilder["headers"], fixed: KeyMap) {
    this.path = path;
    this.headers = headers;
    this.fixed = fixed;
  }

  keysOf(metadata: Metadata): KeyMap {
    const found = this.headers.map(({ key, names }) => [key, readHeader(metadata, names)] as const);
    return Object.fromEntries([
      ...Object.entries(this.fixed),
      ...found.filter((entry): entry is readonly [string, string] => entry[1] !== undefined),
    ]);
  }

  /** The values of the headers that give these keys; undefined if no request of this plan has them. */
  valuesOf(keys: KeyMap): readonly (string | undefined)[] | undefined {
    const fixed = Object.entries(this.fixed);
    if (!fixed.every(([key, value]) => own(keys, key) === value)) return undefined;
    const values = this.headers.map(({ key }) => own(keys, key));
    const present = values.filter((value) => value !== undefined).length;
    return fixed.length + present === Object.keys(keys).length ? values : undefined;
  }
}

/** All values of the first of these headers that is there, joined by commas. */
export function readHeader(metadata: Metadata, names: readonly string[]): string | undefined {
  for (let i = 0; i < names.length; i++) {
    const values = metadataValues(metadata, names[i]!);
    if (values === undefined || values.length === 0) continue;
    return values.length === 1 ? (values[0] as string) : values.join(",");
  }
  return undefined;
}

/** Undefined for a path that is not `/service/method`. A method without a builder has the empty key. */
export function planKeys(path: string, builders: KeyBuilders, authority: string): KeyPlan | undefined {
  const [, service, method] = /^\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  if (service === undefined || method === undefined) return undefined;
  const builder = builders.get(path) ?? builders.get(`/${service}/`);
  if (builder === undefined) return new KeyPlan(path, [], {});
  const { headers, hostKey, serviceKey, methodKey, constants } = builder;
  const extra = [
    [hostKey, hostOf(authority)],
    [serviceKey, service],
    [methodKey, method],
  ].filter(([key]) => key !== undefined);
  return new KeyPlan(path, headers, Object.fromEntries([...Object.entries(constants), ...extra]));
}

/** The authority without its port. */
export function hostOf(authority: string): string {
  const [, bracketed, host] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(authority) ?? [];
  return bracketed ?? host ?? authority;
}

/** For people: `a=1,b=2`. Values may contain commas, so that this tells no keys apart. */
export function formatKeys(keys: KeyMap): string {
  return Object.entries(keys)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

function own(keys: KeyMap, key: string): string | undefined {
  return Object.hasOwn(keys, key) ? keys[key] : undefined;
}
