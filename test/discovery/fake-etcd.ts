/** An etcd whose every answer the test gives. */
import { Observable, type Subscriber } from "rxjs";
import type { EtcdCallOptions, EtcdCalls } from "../../lib/discovery/etcd/etcd-calls.js";
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
} from "../../lib/discovery/generated/etcd/api/etcdserverpb/rpc.js";
import type { Event, KeyValue } from "../../lib/discovery/generated/etcd/api/mvccpb/kv.js";
import { StatusError } from "../../lib/rpc/index.js";

/** A unary call that waits for its answer. */
export interface PendingCall {
  readonly method: "range" | "txn" | "leaseGrant" | "leaseRevoke";
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at what it knows to be there
  readonly request: any;
  readonly options: EtcdCallOptions;
  answer(response: object): void;
  fail(error: unknown): void;
}

export class FakeStream<Request, Response> {
  readonly requests: Request[] = [];
  closed = false;

  constructor(readonly subscriber: Subscriber<Response>) {}

  send(response: object): void {
    this.subscriber.next(response as Response);
  }
  fail(error: unknown): void {
    this.subscriber.error(error);
  }
  end(): void {
    this.subscriber.complete();
  }
}

export class FakeEtcd implements EtcdCalls {
  readonly pending: PendingCall[] = [];
  readonly watches: FakeStream<WatchRequestInit, WatchResponse>[] = [];
  readonly keepAlives: FakeStream<LeaseKeepAliveRequestInit, LeaseKeepAliveResponse>[] = [];

  range(request: RangeRequestInit, options?: EtcdCallOptions): Promise<RangeResponse> {
    return this.#call("range", request, options);
  }
  txn(request: TxnRequestInit, options?: EtcdCallOptions): Promise<TxnResponse> {
    return this.#call("txn", request, options);
  }
  leaseGrant(request: LeaseGrantRequestInit, options?: EtcdCallOptions): Promise<LeaseGrantResponse> {
    return this.#call("leaseGrant", request, options);
  }
  leaseRevoke(request: LeaseRevokeRequestInit, options?: EtcdCallOptions): Promise<LeaseRevokeResponse> {
    return this.#call("leaseRevoke", request, options);
  }
  watch(requests: Observable<WatchRequestInit>): Observable<WatchResponse> {
    return this.#stream(this.watches, requests);
  }
  leaseKeepAlive(requests: Observable<LeaseKeepAliveRequestInit>): Observable<LeaseKeepAliveResponse> {
    return this.#stream(this.keepAlives, requests);
  }

  /** Takes the only call that waits; fails if it is another, or there is none. */
  async take(method: PendingCall["method"]): Promise<PendingCall> {
    await settle();
    const [call, ...more] = this.pending.splice(0);
    if (call === undefined) throw new Error(`no call waits, ${method} should`);
    if (call.method !== method || more.length > 0) {
      throw new Error(`${[call, ...more].map((each) => each.method)} wait, only ${method} should`);
    }
    return call;
  }

  #call<T>(method: PendingCall["method"], request: object, options: EtcdCallOptions = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        const index = this.pending.indexOf(call);
        if (index >= 0) this.pending.splice(index, 1);
        reject(StatusError.cancelled("aborted"));
      };
      const over = () => options.signal?.removeEventListener("abort", abort);
      const call: PendingCall = {
        ...{ method, request, options },
        answer: (response) => {
          over();
          resolve(response as T);
        },
        fail: (error) => {
          over();
          reject(error);
        },
      };
      this.pending.push(call);
      options.signal?.addEventListener("abort", abort);
    });
  }

  #stream<Request, Response>(
    streams: FakeStream<Request, Response>[],
    requests: Observable<Request>,
  ): Observable<Response> {
    return new Observable((subscriber) => {
      const stream = new FakeStream<Request, Response>(subscriber);
      streams.push(stream);
      const sending = requests.subscribe((request) => stream.requests.push(request));
      subscriber.add(() => {
        stream.closed = true;
        sending.unsubscribe();
      });
    });
  }
}

/** Lets all promises that can go on go on. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function keyValue(key: string, value: string): KeyValue {
  return {
    key: Buffer.from(key),
    value: Buffer.from(value),
    ...{ createRevision: "1", modRevision: "1", version: "1", lease: "0" },
  };
}

export function listed(revision: number | bigint, entries: Record<string, string> = {}): object {
  const kvs = Object.entries(entries).map(([key, value]) => keyValue(key, value));
  return { header: { revision: String(revision) }, kvs, more: false, count: String(kvs.length) };
}

const nothing = {
  watchId: "0",
  created: false,
  canceled: false,
  compactRevision: "0",
  cancelReason: "",
  fragment: false,
};

/** A response of a watch; a key without a value is deleted. */
export function watched(
  revision: number | bigint,
  changes: readonly (readonly [key: string, value?: string])[] = [],
  more: Partial<WatchResponse> = {},
): object {
  const events = changes.map(([key, value]): Event => {
    return { type: value === undefined ? "DELETE" : "PUT", kv: keyValue(key, value ?? "") };
  });
  return { ...nothing, header: { revision: String(revision) }, events, ...more };
}
