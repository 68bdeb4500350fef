import type { OutgoingHttpHeaders } from "node:http2";
import type { Deadline, Metadata } from "../../rpc/index.js";
import { ACCEPTED_ENCODINGS, type Compression } from "./framing.js";

/** What all attempts of one call send. */
export interface CallRequest {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly metadata: Metadata | undefined;
  readonly deadline: Deadline;
  readonly waitForReady: boolean;
  readonly compression: Compression;
  readonly requestHash?: bigint | undefined;
}

/** grpc-js, as a server, counts milliseconds in 32 bits; more than these 24 days is as good as no deadline. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
const MAX_TIMEOUT_DIGITS = 8;

/** Headers of one attempt, fresh: whoever opens the stream adds to them. */
export function requestHeaders(
  { metadata, deadline, compression }: CallRequest,
  nowMs: number,
  previousAttempts: number,
): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = metadata === undefined ? {} : metadata.toHttp2Headers();
  if (deadline !== Number.POSITIVE_INFINITY) headers["grpc-timeout"] = formatTimeout(deadline - nowMs);
  headers["grpc-accept-encoding"] = ACCEPTED_ENCODINGS;
  if (compression !== "identity") headers["grpc-encoding"] = compression;
  // A6
  if (previousAttempts > 0) headers["grpc-previous-rpc-attempts"] = String(previousAttempts);
  return headers;
}

/** At most eight digits and a unit; rounded up, so that the server never gives up before the client does. */
export function formatTimeout(leftMs: number): string {
  const ms = Math.min(MAX_TIMEOUT_MS, Math.max(1, Math.ceil(leftMs)));
  return ms < 10 ** MAX_TIMEOUT_DIGITS ? `${ms}m` : `${Math.floor(ms / 1000)}S`;
}
