import type { OutgoingHttpHeaders } from "node:http2";
import type { Metadata, StatusCode } from "../../rpc/index.js";

/** How an attempt ended, as the wire says it. */
export interface WireStatus {
  readonly code: StatusCode;
  readonly details: string;
  readonly metadata: Metadata;
  /** The code of a RST_STREAM, if one ended it. */
  readonly rstCode?: number | undefined;
}

/** What one attempt tells. */
export interface AttemptListener {
  onReceiveMetadata(metadata: Metadata): void;
  /** One framed message: five bytes of prefix, then the payload. */
  onReceiveMessage(frame: Buffer): void;
  /** Once, at the end. */
  onReceiveStatus(status: WireStatus): void;
}

/** One HTTP/2 stream. */
export interface ConnectionStream {
  /** Writes one framed message; `written` is called, in order, when the connection took it or is lost. */
  send(frame: Buffer, written: () => void): void;
  halfClose(): void;
  /** Asks for one more message. */
  startRead(): void;
  /** Sends RST_STREAM; the listener is told the status. */
  cancel(code: StatusCode, details: string): void;
}

/** A connection that is READY. */
export interface Connection {
  /** `host:port` of the other end. */
  readonly peer: string;
  /** Opens a stream. Takes the headers over, and adds those that HTTP/2 wants. Throws if the connection is going away. */
  open(
    path: string,
    authority: string,
    headers: OutgoingHttpHeaders,
    listener: AttemptListener,
  ): ConnectionStream;
}
