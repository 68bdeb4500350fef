/** What the contenders that stand on grpc-js's client have in common. */
import * as grpc from "@grpc/grpc-js";
import { countCall } from "../servers/control.js";

export const loaderOptions = { longs: String, enums: String, defaults: true, oneofs: true };

/** The one interceptor. */
export const countingInterceptor: grpc.Interceptor = (options, nextCall) => {
  const startMs = performance.now();
  return new grpc.InterceptingCall(nextCall(options), {
    start: (metadata, _listener, next) =>
      next(metadata, {
        onReceiveStatus: (status, nextStatus) => {
          countCall(startMs);
          nextStatus(status);
        },
      }),
  });
};
