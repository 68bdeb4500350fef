/** The bytes of `grpc-status-details-bin`: a `google.rpc.Status` with its details packed. */
import type { ErrorDetail } from "../rpc/index.js";
import { CodecSet } from "./codec/message-codec.js";
import { linkFiles } from "./descriptor-set.js";
import { toMessageForm } from "./options.js";
import type { Schema } from "./schema.js";
import { readWellKnown } from "./source/proto-files.js";
import { TypeRegistry } from "./type-registry.js";

const TYPE_URL_PREFIX = "type.googleapis.com/";

interface RpcStatus {
  code: number;
  message: string;
  details: { typeUrl: string; value: Buffer }[];
}

/** A status as it stands on the wire; its details may be of any type of the schema, or of `google.rpc`. */
export interface StatusDetails {
  readonly code: number;
  readonly text: string;
  readonly details: readonly ErrorDetail[];
}

/** Details may be of types of the given schemas. Throws a TypeError for any other, or one whose value does not fit. */
export function encodeStatusDetails(
  code: number,
  text: string,
  details: readonly ErrorDetail[],
  ...schemas: readonly Schema[]
): Buffer {
  const packed = details.map(({ type, value }) => {
    const codec = findCodec(type, schemas);
    if (codec === undefined) {
      throw new TypeError(`error detail of unknown type ${type}: load the proto that declares it`);
    }
    return { typeUrl: TYPE_URL_PREFIX + type, value: codec.encode(value) };
  });
  return standardCodecs().find("google.rpc.Status")!.encode({ code, message: text, details: packed });
}

/** A detail of an unknown type has its `Any` as value. Throws an Error if the bytes are no status. */
export function decodeStatusDetails(bytes: Uint8Array, ...schemas: readonly Schema[]): StatusDetails {
  const status = standardCodecs().find("google.rpc.Status")!.decode(bytes) as RpcStatus;
  const details = status.details.map((any): ErrorDetail => {
    const type = any.typeUrl.slice(any.typeUrl.lastIndexOf("/") + 1);
    const codec = findCodec(type, schemas);
    return codec === undefined ? { type, value: any } : { type, value: codec.decode(any.value) as object };
  });
  return { code: status.code, text: status.message, details };
}

function findCodec(type: string, schemas: readonly Schema[]) {
  const schema = schemas.find(({ types }) => types.messages.has(type));
  return schema === undefined ? standardCodecs().find(type) : schema.codec(type);
}

let codecs: CodecSet | undefined;

function standardCodecs(): CodecSet {
  if (codecs === undefined) {
    const files = readWellKnown([
      "google/rpc/status.proto",
      "google/rpc/error_details.proto",
      "google/protobuf/wrappers.proto",
    ]);
    linkFiles(files);
    const form = toMessageForm({});
    codecs = new CodecSet(
      new TypeRegistry(
        Array.from(files.values(), ({ file }) => file),
        form,
      ),
      form,
    );
  }
  return codecs;
}

/** Fields of the request that are wrong: `[{ field: "address.zip_code", description: "must have 5 digits" }]`. */
export function badRequest(
  violations: readonly { field: string; description: string; reason?: string }[],
): ErrorDetail {
  return detail("BadRequest", { fieldViolations: violations });
}

/** Why, in words for programs: `{ reason: "STOCK_EMPTY", domain: "shop.example.com", metadata: { item: "7" } }`. */
export function errorInfo(info: {
  reason: string;
  domain: string;
  metadata?: Readonly<Record<string, string>>;
}): ErrorDetail {
  return detail("ErrorInfo", info);
}

/** When it makes sense to try again. */
export function retryInfo({ retryDelayMs }: { retryDelayMs: number }): ErrorDetail {
  const seconds = Math.trunc(retryDelayMs / 1000);
  return detail("RetryInfo", {
    retryDelay: { seconds: String(seconds), nanos: Math.trunc((retryDelayMs % 1000) * 1e6) },
  });
}

/** What must be done before the call can succeed. */
export function preconditionFailure(
  violations: readonly { type: string; subject: string; description: string }[],
): ErrorDetail {
  return detail("PreconditionFailure", { violations });
}

/** Which quota is used up. */
export function quotaFailure(violations: readonly { subject: string; description: string }[]): ErrorDetail {
  return detail("QuotaFailure", { violations });
}

/** What a report about this call should quote. */
export function requestInfo(info: { requestId: string; servingData?: string }): ErrorDetail {
  return detail("RequestInfo", info);
}

/** The resource that the call was about. */
export function resourceInfo(info: {
  resourceType: string;
  resourceName: string;
  owner?: string;
  description?: string;
}): ErrorDetail {
  return detail("ResourceInfo", info);
}

/** Where to read on. */
export function help(links: readonly { description: string; url: string }[]): ErrorDetail {
  return detail("Help", { links });
}

/** A message for the person in front of the screen; `locale` as in `de-CH`. */
export function localizedMessage(message: { locale: string; message: string }): ErrorDetail {
  return detail("LocalizedMessage", message);
}

/** For developers; nothing that a stranger must not see. */
export function debugInfo(info: { stackEntries?: readonly string[]; detail?: string }): ErrorDetail {
  return detail("DebugInfo", info);
}

function detail(name: string, value: object): ErrorDetail {
  return { type: `google.rpc.${name}`, value };
}
