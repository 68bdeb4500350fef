/**
 * The answering side: listeners, one file per RPC mode, limits and drain. Everything that touches grpc-js's server is
 * here. Knows methods by their descriptors and handlers by one function; start with `call.ts` and `grpc-server.ts`.
 */
export {
  type BoundListener,
  type CutCall,
  type DrainReport,
  GrpcServer,
  type GrpcServerOptions,
} from "./grpc-server.js";
export {
  defaultLimits,
  formatListener,
  type Listener,
  type ListenerLimits,
  type TcpOptions,
  tcp,
  type UnixOptions,
  unix,
} from "./listener.js";
export { checkListeners } from "./listener-check.js";
export type { FailureListener, ReadRequest, ServedMethod } from "./served-method.js";
export type { Pem, TlsOptions } from "./tls.js";
