import { rmSync } from "node:fs";
import { type DynamicModule, StatusError } from "grebe";
import { EtcdClient, EtcdModule, FileRegistryModule, type RegisterOptions } from "grebe/discovery";
import { makeFolder } from "./folders.js";
import type { FleetOptions } from "./options.js";

/** Where backends register, and the front service finds them. It travels to processes as JSON. */
export type Registry =
  | { readonly kind: "file"; readonly service: string; readonly folder: string }
  | { readonly kind: "etcd"; readonly service: string; readonly endpoint: string };

/** A backend that was killed is found no more after this time. */
const TTL_S = 5;
const ETCD_TIMEOUT_MS = 3000;

/** A new folder, or the etcd that must be there: throws an Error, in words, if it is not. */
export async function openRegistry({ registry, etcd }: FleetOptions): Promise<Registry> {
  if (registry === "file") {
    return { kind: "file", service: "atlas", folder: await makeFolder() };
  }
  const client = new EtcdClient({ endpoints: [etcd], timeoutMs: ETCD_TIMEOUT_MS });
  try {
    await client.range({ key: Buffer.from("fleet"), limit: 1 });
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw new Error(`no etcd answers at ${etcd}: ${error.text}\nStart one, or leave --registry out.`);
  } finally {
    await client.close();
  }
  // Several fleets may share an etcd.
  return { kind: "etcd", service: `fleet-${process.pid}/atlas`, endpoint: etcd };
}

/** What etcd keeps goes with the leases. */
export function removeRegistry(registry: Registry): void {
  if (registry.kind === "file") rmSync(registry.folder, { recursive: true, force: true });
}

/** The module that finds, and, if it is said what, registers. */
export function registryModule(
  registry: Registry,
  instance?: Pick<RegisterOptions, "weight" | "zone">,
): DynamicModule {
  const register = instance && { name: registry.service, ttlS: TTL_S, ...instance };
  return registry.kind === "file"
    ? FileRegistryModule.forRoot({ folder: registry.folder, ...(register && { register }) })
    : EtcdModule.forRoot({ endpoints: [registry.endpoint], ...(register && { register }) });
}

/** What the front service calls. */
export function targetOf({ kind, service }: Registry): string {
  return kind === "file" ? `folder:///${service}` : `etcd:///${service}`;
}
