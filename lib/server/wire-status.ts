import type { ServerInterceptingCallInterface } from "@grpc/grpc-js";
import { Metadata, StatusCode, type StatusError } from "../rpc/index.js";
import { encodeStatusDetails, type Schema } from "../schema/index.js";

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

/**
 * A failure as trailers: code, text, details and metadata. Details that cannot be encoded are left out and reported.
 */
export function toWireStatus(
  error: StatusError,
  trailers: Metadata | undefined,
  schemas: readonly Schema[],
  report: (error: unknown) => void,
): WireStatus {
  const text = toTrailerText(error.text);
  let metadata = trailers;
  if (error.metadata !== undefined) {
    metadata ??= new Metadata();
    metadata.merge(error.metadata);
  }
  if (error.details.length > 0) {
    try {
      const encoded = encodeStatusDetails(error.code, text, error.details, ...schemas);
      const base64Bytes = Math.ceil(encoded.length / 3) * 4;
      if (base64Bytes + encodeURI(text).length + metadataBytes(metadata) <= MAX_TRAILER_BYTES) {
        metadata ??= new Metadata();
        metadata.set(DETAILS_KEY, encoded);
      }
    } catch (cause) {
      report(cause);
    }
  }
  return { code: error.code, details: text, metadata: metadata ?? null };
}

/** grpc-js percent-encodes the text by `encodeURI`, which throws on half a surrogate pair. */
function toTrailerText(text: string): string {
  // No character is shorter than a byte, so that a huge text is cut before it is looked at.
  let wellFormed = text.slice(0, MAX_TEXT_BYTES + 1).toWellFormed();
  let encodedLength = encodeURI(wellFormed).length;
  if (encodedLength <= MAX_TEXT_BYTES) return wellFormed;
  while (encodedLength > MAX_TEXT_BYTES) {
    const share = (MAX_TEXT_BYTES - 10) / encodedLength;
    wellFormed = `${wellFormed.slice(0, Math.floor(wellFormed.length * share)).toWellFormed()}…`;
    encodedLength = encodeURI(wellFormed).length;
  }
  return wellFormed;
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
