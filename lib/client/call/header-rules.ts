/**
 * What may stand in the headers of a request. Node refuses the rest when the stream is opened, and grpc-js takes that
 * for a broken connection: one wrong header would cost the calls of everybody else.
 */
import type { OutgoingHttpHeaders } from "node:http2";

const legalName = /^[0-9a-z_.-]+$/;
const legalValue = /^[ -~]*$/;

/** They speak of an HTTP/1.1 connection (RFC 9113, 8.2.2). */
const ofConnections: ReadonlySet<string> = new Set(
  "connection http2-settings keep-alive proxy-connection transfer-encoding upgrade".split(" "),
);

/** Those that Node sends once only. */
const single: ReadonlySet<string> = new Set(
  [
    "access-control-allow-credentials access-control-max-age access-control-request-method age authorization",
    "content-encoding content-language content-length content-location content-md5 content-range content-type",
    "date dnt etag expires from host if-match if-modified-since if-none-match if-range if-unmodified-since",
    "last-modified location max-forwards proxy-authorization range referer retry-after tk",
    "upgrade-insecure-requests user-agent x-content-type-options",
  ].flatMap((line) => line.split(" ")),
);

/** What is wrong with the headers of a call, whose characters `Metadata` has checked; undefined if nothing is. */
export function findForbiddenHeader(headers: OutgoingHttpHeaders): string | undefined {
  for (const name in headers) {
    if (name.startsWith(":") || ofConnections.has(name)) return `the header ${name} is not a call's to set`;
    const value = headers[name];
    if (Array.isArray(value) && value.length > 1 && single.has(name)) {
      return `the header ${name} has ${value.length} values, and may have one`;
    }
  }
  return undefined;
}

/** Adds headers whose characters `Metadata` has checked; a name may have values of both. */
export function addHeaders(headers: OutgoingHttpHeaders, added: OutgoingHttpHeaders): void {
  for (const [name, value] of Object.entries(added)) {
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat().map(String);
  }
}

/** Adds what a policy sends with a pick. Says what is wrong with it, if something is. */
export function addPickHeaders(
  headers: OutgoingHttpHeaders,
  added: Readonly<Record<string, string | Buffer>>,
): string | undefined {
  for (const [name, value] of Object.entries(added)) {
    const isBinary = name.endsWith("-bin");
    if (!legalName.test(name) || ofConnections.has(name)) return `the policy sets a header "${name}"`;
    if (typeof value === "string" ? !legalValue.test(value) : !isBinary) {
      return `the policy sets the header ${name} to what is no printable ASCII`;
    }
    headers[name] = typeof value === "string" ? value : value.toString("base64");
  }
  return undefined;
}
