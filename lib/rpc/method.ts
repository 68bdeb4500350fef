/**
 * What can be called. A {@link ServiceDescriptor} lists {@link MethodDescriptor}s, each with its mode, path and
 * the codecs of its messages. `schema/` makes them from `.proto` files; everything above only reads them.
 */

export type MethodKind = "unary" | "serverStreaming" | "clientStreaming" | "bidiStreaming";

/** Whether the client sends a stream of messages. */
export function hasRequestStream(kind: MethodKind): boolean {
  return kind === "clientStreaming" || kind === "bidiStreaming";
}

/** Whether the server sends a stream of messages. */
export function hasResponseStream(kind: MethodKind): boolean {
  return kind === "serverStreaming" || kind === "bidiStreaming";
}

/** `google.protobuf.MethodOptions.IdempotencyLevel`. */
export type IdempotencyLevel = "IDEMPOTENCY_UNKNOWN" | "NO_SIDE_EFFECTS" | "IDEMPOTENT";

export interface FieldDescriptor {
  /** As the `.proto` says it: `zip_code`. */
  readonly name: string;
  /** As messages carry it: `zipCode`. */
  readonly localName: string;
  readonly number: number;
  readonly kind: "scalar" | "enum" | "message";
  /** A scalar's proto type (`int64`), or the full name of the enum or message. */
  readonly type: string;
  readonly repeated: boolean;
  /** For a map: the proto type of its key; `kind`, `type` and `message` then describe its value. */
  readonly mapKey: string | undefined;
  /** The local name of the oneof it belongs to. A proto3 `optional` field belongs to none. */
  readonly oneof: string | undefined;
  /** The message type of a message field or of a map's message values. */
  readonly message: MessageDescriptor | undefined;
}

export interface MessageDescriptor {
  /** Full name without a leading dot: `atlas.v1.City`. */
  readonly typeName: string;
  readonly fields: readonly FieldDescriptor[];
}

/**
 * The class to build while decoding, so that a decoded message is an instance of it; `fields` names the classes
 * of nested messages (of the elements, for repeated fields and maps) by local field name.
 */
export interface MessageShape {
  readonly create: new () => object;
  readonly fields: ReadonlyMap<string, MessageShape>;
}

/** One message type on the wire. */
export interface MessageCodec<T = unknown> {
  readonly message: MessageDescriptor;
  /** Throws a TypeError that names the field if the value does not fit the type. */
  encode(value: T): Buffer;
  /** Throws an Error if the bytes are not a valid message. */
  decode(bytes: Uint8Array): T;
  /** The same codec, building instances of the given classes. */
  withShape(shape: MessageShape): MessageCodec<T>;
}

export interface MethodDescriptor<Request = unknown, Response = unknown> {
  /** As the `.proto` says it: `GetCity`. */
  readonly name: string;
  /** As controllers and clients spell it: `getCity`. */
  readonly localName: string;
  /** Full name of the service: `atlas.v1.Atlas`. */
  readonly service: string;
  /** `/atlas.v1.Atlas/GetCity`. */
  readonly path: string;
  readonly kind: MethodKind;
  readonly idempotency: IdempotencyLevel;
  /** Method options as the `.proto` sets them, custom ones by their full name in parentheses. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly request: MessageCodec<Request>;
  readonly response: MessageCodec<Response>;
}

export interface ServiceDescriptor {
  /** Full name: `atlas.v1.Atlas`. */
  readonly name: string;
  readonly methods: readonly MethodDescriptor[];
}
