/**
 * Under which name and address an application registers. The address is that of a listener, unless the options say
 * otherwise: what a process listens on is not always where others reach it.
 */
import { networkInterfaces } from "node:os";
import type { Registrar } from "../app/index.js";
import { encodeInstance, isPlainObject, isWeight, type ServiceInstance } from "./instance.js";

/** What an application registers as. */
export interface RegisterOptions {
  /** The service, as clients name it: `svc/orders` for those of `etcd:///svc/orders`. */
  readonly name: string;
  /**
   * Where others reach this host. Default: that of the listener; for one on all interfaces (`0.0.0.0`, `::`) the
   * address of the machine, if it has only one.
   */
  readonly host?: string;
  /** Default: that of the first TCP listener. Must be set if `host` forwards from another port. */
  readonly port?: number;
  /** Relative share of calls, a whole number from 1 on, for policies that go by it. */
  readonly weight?: number;
  readonly zone?: string;
  /** Any JSON that others may read; `weight` and `zone` are added to it. */
  readonly metadata?: unknown;
}

export type RegisterOption = RegisterOptions | readonly RegisterOptions[];

/** One service with the instance that serves it. */
export interface Registration {
  readonly name: string;
  readonly instance: ServiceInstance;
}

/** Where an application accepts calls, as a {@link Registrar} is told. */
export type BoundListeners = Parameters<Registrar["register"]>[0];

type Interfaces = ReturnType<typeof networkInterfaces>;

/** What is wrong with the options, which needs no listener to be known. Throws an Error, in words. */
export function checkRegisterOptions(where: string, register: RegisterOption | undefined): RegisterOptions[] {
  const list = register === undefined ? [] : [register].flat();
  for (const { name, host, port, weight, zone, metadata } of list) {
    const wrong = (what: string) => new Error(`${where}: ${what}`);
    if (typeof name !== "string" || name === "" || name.startsWith("/") || name.endsWith("/")) {
      throw wrong(
        `register.name must be the name of a service without slashes around it, got ${JSON.stringify(name)}.`,
      );
    }
    if (host === "") throw wrong(`register.host of ${name} is empty.`);
    if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
      throw wrong(`register.port of ${name} must be a port from 1 to 65535, got ${port}.`);
    }
    if (weight !== undefined && !isWeight(weight)) {
      throw wrong(`register.weight of ${name} must be a whole number from 1 on, got ${weight}.`);
    }
    if ((weight ?? zone) !== undefined && metadata !== undefined && !isPlainObject(metadata)) {
      throw wrong(`register.metadata of ${name} must be an object, for weight and zone go into it.`);
    }
    try {
      encodeInstance({ address: "", metadata });
    } catch (cause) {
      throw new Error(`${where}: register.metadata of ${name} is no JSON.`, { cause });
    }
  }
  return list;
}

/** Throws an Error if the options and listeners give no address that others can reach. */
export function planRegistration(
  where: string,
  options: RegisterOptions,
  listeners: BoundListeners,
  {
    sameMachine = false,
    interfaces = networkInterfaces(),
  }: { sameMachine?: boolean; interfaces?: Interfaces } = {},
): Registration {
  const { name, weight, zone } = options;
  const extra = { ...(weight === undefined ? {} : { weight }), ...(zone === undefined ? {} : { zone }) };
  const metadata =
    Object.keys(extra).length === 0
      ? options.metadata
      : { ...(options.metadata as object | undefined), ...extra };
  const address = advertisedAddress(where, options, listeners, sameMachine, interfaces);
  return { name, instance: metadata === undefined ? { address } : { address, metadata } };
}

function advertisedAddress(
  where: string,
  { name, host, port }: RegisterOptions,
  listeners: BoundListeners,
  sameMachine: boolean,
  interfaces: Interfaces,
): string {
  const tcp = listeners.filter(({ listener }) => listener.kind === "tcp");
  const listener = tcp.find((each) => each.port === port) ?? tcp[0];
  if (host !== undefined && (port ?? listener?.port) !== undefined) {
    return formatHostPort(host, port ?? listener!.port!);
  }
  if (listener === undefined) {
    const socket = listeners[0]?.address;
    if (sameMachine && socket !== undefined) return socket;
    throw new Error(
      `${where}: ${name} cannot be registered, for the application has no TCP listener. Add one, or set register.host and register.port.`,
    );
  }
  const own = (listener.listener as { options: { host?: string } }).options.host ?? "127.0.0.1";
  if (!isUnspecified(own)) return formatHostPort(own, port ?? listener.port!);
  if (sameMachine) return formatHostPort("127.0.0.1", port ?? listener.port!);
  const candidates = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === "IPv4")
    .map(({ address }) => address);
  if (candidates.length === 1) return formatHostPort(candidates[0]!, port ?? listener.port!);
  const found = candidates.length === 0 ? "no IPv4 address" : `several addresses: ${candidates.join(", ")}`;
  throw new Error(
    `${where}: ${name} listens on ${listener.address}, and this machine has ${found}. Set register.host to the one that others reach.`,
  );
}

function isUnspecified(host: string): boolean {
  return host === "0.0.0.0" || /^\[?[0:]+\]?$/.test(host);
}

function formatHostPort(host: string, port: number): string {
  return `${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${port}`;
}
