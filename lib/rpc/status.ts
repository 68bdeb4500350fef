/**
 * How a call ends. Every call ends with exactly one status: a code, a text and, for failures, any number of
 * typed details (`google.rpc.Status`). Code that wants a call to fail throws a {@link StatusError}; anything
 * else that is thrown reaches the peer as UNKNOWN with a neutral text, and the cause only the log.
 */
import { Metadata } from "@grpc/grpc-js";

/** The codes of https://grpc.github.io/grpc/core/md_doc_statuscodes.html. */
export const StatusCode = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;
export type StatusCode = (typeof StatusCode)[keyof typeof StatusCode];

const codeNames: readonly string[] = Object.keys(StatusCode);

/** The name of a code, or its number as text if gRPC knows no such code. */
export function formatStatusCode(code: number): string {
  return codeNames[code] ?? String(code);
}

/**
 * One entry of `google.rpc.Status.details`: a message by its full name. The standard ones of
 * `google/rpc/error_details.proto` are always known; others must be in the schema of the application.
 */
export interface ErrorDetail {
  readonly type: string;
  readonly value: object;
}

export interface StatusErrorOptions {
  readonly details?: readonly ErrorDetail[];
  /** Sent as trailers beside the status. */
  readonly metadata?: Metadata;
  /** For the log only; it never leaves the process. */
  readonly cause?: unknown;
  /** Full path of the method, `/package.Service/Method`, where it is known. */
  readonly path?: string;
  /** `host:port` of the server that said so; unset if the failure arose before any server was asked. */
  readonly peer?: string;
}

/** `google.rpc.RetryInfo`, whichever form its duration has. */
interface RetryInfo {
  readonly retryDelay?: { readonly seconds?: string | number | bigint; readonly nanos?: number };
}

/** A failed call, on either side: `/shop.v1.Orders/Get NOT_FOUND: no order 7`. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly code: StatusCode;
  /** The text of the status, as the peer sees it. */
  readonly text: string;
  readonly details: readonly ErrorDetail[];
  readonly metadata: Metadata | undefined;
  readonly path: string | undefined;
  readonly peer: string | undefined;

  constructor(code: StatusCode, text: string, options: StatusErrorOptions = {}) {
    super(
      `${options.path === undefined ? "" : `${options.path} `}${formatStatusCode(code)}: ${text}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.text = text;
    this.details = options.details ?? [];
    this.metadata = options.metadata;
    this.path = options.path;
    this.peer = options.peer;
  }

  /** When the server says it makes sense to try again, in milliseconds: from its `google.rpc.RetryInfo`. */
  get retryDelayMs(): number | undefined {
    const detail = this.details.find(({ type }) => type === "google.rpc.RetryInfo");
    const delay = (detail?.value as RetryInfo | undefined)?.retryDelay;
    return delay === undefined ? undefined : Number(delay.seconds ?? 0) * 1000 + (delay.nanos ?? 0) / 1e6;
  }

  static cancelled(text: string, options?: StatusErrorOptions): StatusError {
    return new StatusError(StatusCode.CANCELLED, text, options);
  }
  static invalidArgument(text: string, options?: StatusErrorOptions): StatusError {
    return new StatusError(StatusCode.INVALID_ARGUMENT, text, options);
  }
  static deadlineExceeded(text: string, options?: StatusErrorOptions): StatusError {
    return new StatusError(StatusCode.DEADLINE_EXCEEDED, text, options);
  }
  static notFound(text: string, options?: StatusErrorOptions): StatusError {
    return new StatusError(StatusCode.NOT_FOUND, text, options);
  }
  static alreadyExists(text: string, options?: StatusErrorOptions): StatusError {
    return new StatusError(StatusCode.ALREADY_EXISTS, text, options);
  }
  static permissionDenied(text: string, options?: StatusErrorOptions): StatusError {
    return new StatusError(StatusCode.PERMISSION_DENIED, text, options);
  }
  static resourceExhausted(text: string, options?: StatusErrorOptions): StatusError {
    return new StatusError(StatusCode.RESOURCE_EXHAUSTED, text, options);
  }
  static failedPrecondition(text: string, options?: StatusErrorOptions): StatusError {
    return new StatusError(StatusCode.FAILED_PRECONDITION, text, options);
  }
  static aborted(text: string, options?: StatusErrorOptions): StatusError {
    return new StatusError(StatusCode.ABORTED, text, options);
  }
  static outOfRange(text: string, options?: StatusErrorOptions): StatusError {
    return new StatusError(StatusCode.OUT_OF_RANGE, text, options);
  }
  static unimplemented(text: string, options?: StatusErrorOptions): StatusError {
    return new StatusError(StatusCode.UNIMPLEMENTED, text, options);
  }
  static internal(text: string, options?: StatusErrorOptions): StatusError {
    return new StatusError(StatusCode.INTERNAL, text, options);
  }
  static unavailable(text: string, options?: StatusErrorOptions): StatusError {
    return new StatusError(StatusCode.UNAVAILABLE, text, options);
  }
  static dataLoss(text: string, options?: StatusErrorOptions): StatusError {
    return new StatusError(StatusCode.DATA_LOSS, text, options);
  }
  static unauthenticated(text: string, options?: StatusErrorOptions): StatusError {
    return new StatusError(StatusCode.UNAUTHENTICATED, text, options);
  }
}

/** What the peer reads where the real cause must stay in the process. */
export const NEUTRAL_TEXT = "internal error";

/**
 * Any thrown value as a {@link StatusError}: itself, or UNKNOWN with a neutral text and the value as cause.
 * An abort (`AbortError`, as `AbortSignal` and `fetch` throw it) is CANCELLED, a `TimeoutError` DEADLINE_EXCEEDED.
 */
export function toStatusError(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  if (error instanceof Error || error instanceof DOMException) {
    if (error.name === "AbortError")
      return StatusError.cancelled("the operation was aborted", { cause: error });
    if (error.name === "TimeoutError") {
      return StatusError.deadlineExceeded("the operation timed out", { cause: error });
    }
  }
  return new StatusError(StatusCode.UNKNOWN, NEUTRAL_TEXT, { cause: error });
}
