import type { Registrar } from "../../app/index.js";
import { consoleLogger, systemClock, systemRandom } from "../../rpc/index.js";
import { encodeInstance } from "../instance.js";
import { type BoundListeners, planRegistration } from "../registration.js";
import type { EtcdClient } from "./etcd-client.js";
import { checkEtcdOptions, type EtcdModuleOptions } from "./etcd-options.js";
import { LeasedKey } from "./leased-key.js";

const DEFAULT_TTL_S = 15;
/** A process that ends does not wait longer than this for etcd, in milliseconds. */
const DEREGISTER_LIMIT_MS = 3000;

/** Keeps `<name>/<address>` in etcd for each service that the options register. */
export class EtcdRegistrar implements Registrar {
  readonly #client: EtcdClient;
  readonly #options: EtcdModuleOptions;
  #keys: readonly LeasedKey[] = [];

  constructor(client: EtcdClient, options: EtcdModuleOptions) {
    checkEtcdOptions(options);
    this.#client = client;
    this.#options = options;
  }

  async register(listeners: BoundListeners): Promise<void> {
    const { clock = systemClock, random = systemRandom, logger = consoleLogger } = this.#options;
    const { register } = checkEtcdOptions(this.#options);
    const plans = register.map((each) => planRegistration("EtcdModule", each, listeners));
    this.#keys = plans.map(({ name, instance }, index) => {
      const options = { ttlS: register[index]!.ttlS ?? DEFAULT_TTL_S, clock, random, logger };
      return new LeasedKey(this.#client, `${name}/${instance.address}`, encodeInstance(instance), options);
    });
    await Promise.all(this.#keys.map((key) => key.start()));
  }

  async deregister(): Promise<void> {
    await Promise.all(this.#keys.map((key) => key.stop(DEREGISTER_LIMIT_MS)));
  }
}
