import { map, Observable } from "rxjs";
import type { Resolution, Resolver, ResolverContext, Target } from "../../client/index.js";
import { toEndpoints } from "../instance.js";
import { EtcdClient } from "./etcd-client.js";
import { checkEtcdOptions } from "./etcd-options.js";
import { watchService } from "./service-watch.js";

/**
 * The scheme `etcd`: `etcd:///svc/orders` and `etcd:svc/orders` in the cluster of the given client, as in Go;
 * `etcd://host1,host2:2379/svc/orders` in another one, with the same TLS, user and password.
 */
export class EtcdResolver implements Resolver {
  readonly #client: EtcdClient;

  constructor(client: EtcdClient) {
    this.#client = client;
  }

  check({ authority, endpoint, text }: Target): void {
    if (endpoint.replaceAll("/", "") === "") throw new Error(`"${text}" names no service`);
    if (authority !== "") checkEtcdOptions({ ...this.#client.options, endpoints: membersOf(authority) });
  }

  resolve({ authority, endpoint }: Target, context: ResolverContext): Observable<Resolution> {
    const name = endpoint.replace(/\/+$/, "");
    return new Observable<Resolution>((subscriber) => {
      const client =
        authority === ""
          ? this.#client
          : new EtcdClient({ ...this.#client.options, endpoints: membersOf(authority) });
      subscriber.add(
        watchService(client, name, context)
          .pipe(map((instances) => ({ endpoints: toEndpoints(instances) })))
          .subscribe(subscriber),
      );
      if (client !== this.#client) subscriber.add(() => void client.close());
    });
  }
}

function membersOf(authority: string): string[] {
  return decodeURIComponent(authority).split(",");
}
