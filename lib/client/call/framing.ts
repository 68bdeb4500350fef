import { deflateSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";
import { type Metadata, StatusError } from "../../rpc/index.js";

/** How messages are compressed (https://github.com/grpc/grpc/blob/master/doc/compression.md). */
export type Compression = "identity" | "gzip" | "deflate";

export const compressions: readonly Compression[] = ["identity", "gzip", "deflate"];

/** `grpc-accept-encoding`: what responses may be compressed with. */
export const ACCEPTED_ENCODINGS = compressions.join(",");

/** One byte that says whether the message is compressed, four with its length. */
const PREFIX_BYTES = 5;

/** A message as it goes on the wire. */
export function frameMessage(message: Buffer, compression: Compression = "identity"): Buffer {
  const payload =
    compression === "gzip" ? gzipSync(message) : compression === "deflate" ? deflateSync(message) : message;
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + payload.length);
  frame[0] = compression === "identity" ? 0 : 1;
  frame.writeUInt32BE(payload.length, 1);
  frame.set(payload, PREFIX_BYTES);
  return frame;
}

/** Takes the messages of one response out of their frames. */
export class MessageReader {
  #encoding = "identity";

  /** Response headers say how its messages are compressed. */
  readHeaders(metadata: Metadata): void {
    const [encoding] = metadata.get("grpc-encoding");
    if (typeof encoding === "string") this.#encoding = encoding;
  }

  /** Throws a {@link StatusError} for a message that is too large (-1 for no limit), or badly compressed. */
  read(frame: Buffer, maxBytes: number): Buffer {
    const payload = frame.subarray(PREFIX_BYTES);
    const message = frame[0] === 0 ? payload : this.#decompress(payload, maxBytes);
    if (maxBytes !== -1 && message.length > maxBytes) throw tooLarge(maxBytes);
    return message;
  }

  #decompress(payload: Buffer, maxBytes: number): Buffer {
    const options = maxBytes === -1 ? {} : { maxOutputLength: Math.max(1, maxBytes) };
    try {
      if (this.#encoding === "gzip") return gunzipSync(payload, options);
      if (this.#encoding === "deflate") return inflateSync(payload, options);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(maxBytes);
      throw StatusError.internal(`a response message is no valid ${this.#encoding}`, { cause });
    }
    throw StatusError.internal(
      `a response message is compressed in a way that was not offered: ${this.#encoding}`,
    );
  }
}

function tooLarge(maxBytes: number): StatusError {
  return StatusError.resourceExhausted(`a response message is larger than the limit of ${maxBytes} bytes`);
}
