/**
 * Resolvers and registrars of real registries, as ordinary modules over the public API: etcd for fleets, a watched
 * folder for the processes of one machine, memory for those of one process. Start with `etcd/etcd-module.ts`.
 */
export { EtcdClient } from "./etcd/etcd-client.js";
export { EtcdModule, type EtcdSchemeOptions } from "./etcd/etcd-module.js";
export type { EtcdClientOptions, EtcdModuleOptions, EtcdRegisterOptions } from "./etcd/etcd-options.js";
export { EtcdRegistrar } from "./etcd/etcd-registrar.js";
export { EtcdResolver } from "./etcd/etcd-resolver.js";
export { decodeInstance, encodeInstance, type ServiceInstance } from "./instance.js";
export type { RegisterOption, RegisterOptions } from "./registration.js";
