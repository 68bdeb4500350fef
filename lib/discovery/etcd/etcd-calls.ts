import type { Observable } from "rxjs";
import type {
  LeaseGrantRequestInit,
  LeaseGrantResponse,
  LeaseKeepAliveRequestInit,
  LeaseKeepAliveResponse,
  LeaseRevokeRequestInit,
  LeaseRevokeResponse,
  RangeRequestInit,
  RangeResponse,
  TxnRequestInit,
  TxnResponse,
  WatchRequestInit,
  WatchResponse,
} from "../generated/etcd/api/etcdserverpb/rpc.js";

export interface EtcdCallOptions {
  readonly signal?: AbortSignal;
  /** Default: that of the client. */
  readonly deadlineMs?: number;
  /** Waits for a connection until the deadline. Default: false. */
  readonly waitForReady?: boolean;
}

/** What finding and registering ask of etcd. Failures are StatusErrors; streams are cold, and unsubscribing ends them. */
export interface EtcdCalls {
  range(request: RangeRequestInit, options?: EtcdCallOptions): Promise<RangeResponse>;
  txn(request: TxnRequestInit, options?: EtcdCallOptions): Promise<TxnResponse>;
  leaseGrant(request: LeaseGrantRequestInit, options?: EtcdCallOptions): Promise<LeaseGrantResponse>;
  leaseRevoke(request: LeaseRevokeRequestInit, options?: EtcdCallOptions): Promise<LeaseRevokeResponse>;
  leaseKeepAlive(requests: Observable<LeaseKeepAliveRequestInit>): Observable<LeaseKeepAliveResponse>;
  watch(requests: Observable<WatchRequestInit>): Observable<WatchResponse>;
}

/** The key behind the last one that starts with a prefix. */
export function prefixEnd(prefix: Buffer): Buffer {
  for (let last = prefix.length - 1; last >= 0; last--) {
    if (prefix[last]! < 0xff) {
      const end = Buffer.from(prefix.subarray(0, last + 1));
      end[last]! += 1;
      return end;
    }
  }
  return Buffer.of(0);
}
