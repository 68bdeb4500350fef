/**
 * Resolvers and registrars of real registries, as ordinary modules over the public API: etcd for fleets, a watched
 * folder for the processes of one machine, memory for those of one process. Start with `etcd/etcd-module.ts`.
 */
export type { EtcdCallOptions, EtcdCalls } from "./etcd/etcd-calls.js";
export { EtcdClient } from "./etcd/etcd-client.js";
export { EtcdModule, type EtcdSchemeOptions } from "./etcd/etcd-module.js";
export type { EtcdClientOptions, EtcdModuleOptions, EtcdRegisterOptions } from "./etcd/etcd-options.js";
export { EtcdRegistrar } from "./etcd/etcd-registrar.js";
export { EtcdResolver } from "./etcd/etcd-resolver.js";
export { FileRegistryModule } from "./file/file-module.js";
export {
  type FileRegisterOptions,
  FileRegistrar,
  type FileRegistryOptions,
  FolderResolver,
} from "./file/file-registry.js";
export { decodeInstance, encodeInstance, type ServiceInstance } from "./instance.js";
export { MemoryRegistryModule, type MemoryRegistryOptions } from "./memory/memory-module.js";
export { MemoryRegistrar, MemoryRegistry, MemoryResolver } from "./memory/memory-registry.js";
export type { RegisterOption, RegisterOptions } from "./registration.js";
