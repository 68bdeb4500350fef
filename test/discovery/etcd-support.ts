/** What tests with a real etcd share. */
import { after } from "node:test";
import type { Endpoint } from "../../lib/client/index.js";
import type { EtcdCalls } from "../../lib/discovery/etcd/etcd-calls.js";
import { LeasedKey } from "../../lib/discovery/etcd/leased-key.js";
import { watchService } from "../../lib/discovery/etcd/service-watch.js";
import { EtcdClient, type EtcdClientOptions } from "../../lib/discovery/index.js";
import { systemClock } from "../../lib/rpc/index.js";
import { recordingLogger, until } from "../server/support.js";
import { EtcdServer, type EtcdServerOptions, noEtcd } from "./etcd-server.js";

const closers: (() => unknown)[] = [];

/** Closed when the tests of the file are over, last opened first. */
export function atEnd(close: () => unknown): void {
  closers.push(close);
}
after(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** One for several tests, which keep to services of their own; made when first asked for. */
export function sharedEtcd(options?: EtcdServerOptions): () => Promise<EtcdServer> {
  let server: Promise<EtcdServer> | undefined;
  return () => {
    server ??= ownEtcd(options);
    return server;
  };
}

export async function ownEtcd(options?: EtcdServerOptions): Promise<EtcdServer> {
  const server = await EtcdServer.start(options);
  atEnd(() => server.remove());
  return server;
}

export function clientOf(server: EtcdServer, options: Partial<EtcdClientOptions> = {}): EtcdClient {
  const client = new EtcdClient({ endpoints: [server.address], ...options });
  atEnd(() => client.close());
  return client;
}

export interface Watched {
  /** The lists that came, each as `key=host:port`, keys without their service. */
  readonly lists: string[][];
  readonly endpoints: () => readonly Endpoint[];
  readonly errors: unknown[];
  readonly warnings: () => string[];
  /** Waits until the newest list is this one. */
  is(...list: string[]): Promise<void>;
  stop(): void;
}

export function watchOf(calls: EtcdCalls, name: string): Watched {
  const lists: string[][] = [];
  const errors: unknown[] = [];
  const logger = recordingLogger();
  let newest: readonly Endpoint[] = [];
  // The shortest waits between attempts: a test has no patience.
  const context = { clock: systemClock, random: () => 0, logger };
  const subscription = watchService(calls, name, context).subscribe({
    next: (instances) => {
      newest = [...instances.values()];
      const list = Array.from(instances, ([key, { addresses }]) => {
        const [address] = addresses as readonly [{ host: string; port: number }];
        return `${key.slice(name.length + 1)}=${address.host}:${address.port}`;
      });
      lists.push(list.sort());
    },
    error: (error) => errors.push(error),
  });
  atEnd(() => subscription.unsubscribe());
  return {
    ...{ lists, errors, endpoints: () => newest },
    warnings: () => logger.lines.filter(({ level }) => level === "warn").map(({ message }) => message),
    is: (...list) =>
      until(() => lists.at(-1)?.join() === list.sort().join(), `the list is ${list}, not ${lists.at(-1)}`),
    stop: () => subscription.unsubscribe(),
  };
}

export const instanceAt = (address: string, metadata = "null"): string =>
  `{"Op":0,"Addr":"${address}","Metadata":${metadata}}`;

export function keyOf(
  calls: EtcdCalls,
  key: string,
  ttlS = 2,
  value = instanceAt(key.slice(key.lastIndexOf("/") + 1)),
) {
  const logger = recordingLogger();
  const leased = new LeasedKey(calls, key, value, { ttlS, clock: systemClock, random: () => 0, logger });
  atEnd(() => leased.stop(100));
  return Object.assign(leased, { logger });
}

export { noEtcd };
