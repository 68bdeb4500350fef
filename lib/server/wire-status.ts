import type { ServerInterceptingCallInterface } from "@grpc/grpc-js";
import { Metadata, StatusCode, type StatusError } from "../rpc/index.js";
import { encodeStatusDetails } from "../schema/index.js";

export type WireStatus = Parameters<ServerInterceptingCallInterface["sendStatus"]>[0];

const DETAILS_KEY = "grpc-status-details-bin";

/**
 * Trailers larger than this are refused by peers with gRPC's default limit, and the whole status would be lost
 * with them; details are left out and the text is cut before that happens.
 */
const MAX_TRAILER_BYTES = 8 * 1024;
const MAX_TEXT_BYTES = 4 * 1024;

export const okStatus: WireStatus = { code: StatusCode.OK, details: "", metadata: null };

/** A successful end with the trailers that the handler has set, if any. */
export function toOkStatus(trailers: Metadata | undefined): WireStatus {
  return trailers === undefined ? okStatus : { code: StatusCode.OK, details: "", metadata: trailers };
}

/** A failure as trailers: code, text, details and metadata. */
export function toWireStatus(error: StatusError, trailers: Metadata | undefined): WireStatus {
  const text = toTrailerText(error.text);
  let metadata = trailers;
  if (error.metadata !== undefined) {
    metadata ??= new Metadata();
    metadata.merge(error.metadata);
  }
  if (error.details.length > 0) {
    const encoded = encodeStatusDetails(error.code, text, error.details);
    const base64Bytes = Math.ceil(encoded.length / 3) * 4;
    if (base64Bytes + encodeURI(text).length + metadataBytes(metadata) <= MAX_TRAILER_BYTES) {
      metadata ??= new Metadata();
      metadata.set(DETAILS_KEY, encoded);
    }
  }
  return { code: error.code, details: text, metadata: metadata ?? null };
}

/** grpc-js percent-encodes the text by `encodeURI`, which throws on half a surrogate pair. */
function toTrailerText(text: string): string {
  const wellFormed = text.toWellFormed();
  if (encodeURI(wellFormed).length <= MAX_TEXT_BYTES) return wellFormed;
  return `${wellFormed.slice(0, MAX_TEXT_BYTES / 16).toWellFormed()}…`;
}

function metadataBytes(metadata: Metadata | undefined): number {
  if (metadata === undefined) return 0;
  let bytes = 0;
  for (const [key, values] of Object.entries(metadata.toHttp2Headers())) {
    for (const value of Array.isArray(values) ? values : [values])
      bytes += key.length + String(value).length + 32;
  }
  return bytes;
}
