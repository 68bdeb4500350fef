import {
  type CallContext,
  type CallHandler,
  type Interceptor,
  metadataKey,
  writeMetadata,
} from "../../lib/index.js";

export const ECHO_INITIAL = metadataKey("x-grpc-test-echo-initial");
export const ECHO_TRAILING = metadataKey("x-grpc-test-echo-trailing-bin");

/** Sends one request header back as header and one as trailer, however the call ends. */
export class MetadataEcho implements Interceptor {
  intercept(call: CallContext, next: CallHandler) {
    const initial = call.header(ECHO_INITIAL);
    if (initial !== undefined) writeMetadata(call.headers, ECHO_INITIAL, initial);
    const trailing = call.header(ECHO_TRAILING);
    if (trailing !== undefined) writeMetadata(call.trailers, ECHO_TRAILING, trailing);
    return next.handle();
  }
}
