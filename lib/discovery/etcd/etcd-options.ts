import type { ClientTlsOptions } from "../../client/index.js";
import type { Clock, Logger, Random } from "../../rpc/index.js";
import { checkRegisterOptions, type RegisterOptions } from "../registration.js";

/** How an etcd cluster is reached. */
export interface EtcdClientOptions {
  /** Its members, `host:port`; the port is 2379 if left out. */
  readonly endpoints: readonly string[];
  /** TLS; `true` for Node's authorities. Default: plaintext. */
  readonly tls?: boolean | ClientTlsOptions;
  /** For clusters with authentication. */
  readonly username?: string;
  readonly password?: string;
  /** Time for one answer, in milliseconds. Default: 5,000. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** What is registered in etcd. */
export interface EtcdRegisterOptions extends RegisterOptions {
  /** How long an entry outlives its process, in seconds. Default: 15. */
  readonly ttlS?: number;
}

export interface EtcdModuleOptions extends EtcdClientOptions {
  /** What this application serves. Default: it registers nothing. */
  readonly register?: EtcdRegisterOptions | readonly EtcdRegisterOptions[];
  /** Default: that of the application; without one the console. */
  readonly logger?: Logger;
}

export interface EtcdMember {
  readonly host: string;
  readonly port: number;
}

const DEFAULT_PORT = 2379;

/** Throws an Error, in words, for what can never work. */
export function checkEtcdOptions(options: EtcdModuleOptions): {
  readonly members: readonly EtcdMember[];
  readonly register: readonly EtcdRegisterOptions[];
} {
  const wrong = (what: string) => new Error(`EtcdModule: ${what}`);
  const { endpoints, tls, username, password } = options;
  if (!Array.isArray(endpoints) || endpoints.length === 0) {
    throw wrong('endpoints must list at least one member of the cluster, such as "127.0.0.1:2379".');
  }
  const members = (endpoints as readonly string[]).map((text) => {
    const member = parseMember(text);
    if (member === undefined) throw wrong(`the endpoint ${JSON.stringify(text)} is no host:port.`);
    if (text.startsWith("https:") && (tls ?? false) === false) {
      throw wrong(`the endpoint "${text}" wants TLS; set tls: true, or { ca }.`);
    }
    return member;
  });
  if ((username === undefined) !== (password === undefined)) {
    throw wrong("username and password go together.");
  }
  const register = checkRegisterOptions("EtcdModule", options.register) as readonly EtcdRegisterOptions[];
  for (const { name, ttlS } of register) {
    if (ttlS !== undefined && !(Number.isInteger(ttlS) && ttlS >= 1)) {
      throw wrong(`register.ttlS of ${name} must be a whole number of seconds from 1 on, got ${ttlS}.`);
    }
  }
  return { members, register };
}

/** `host`, `host:port`, `[::1]:port`, also with `http://` or `https://` in front of it, as etcd's own tools take it. */
function parseMember(text: string): EtcdMember | undefined {
  const found = /^(?:https?:\/\/)?(?:\[([\da-fA-F:.]+)\]|([\p{L}\p{N}_.-]+))(?::(\d{1,5}))?\/?$/u.exec(text);
  const host = found?.[1] ?? found?.[2];
  const port = found?.[3] === undefined ? DEFAULT_PORT : Number(found[3]);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}
