import { isIP } from "node:net";
import { suggest } from "../../rpc/index.js";

/** Where a channel points: `scheme:[//authority/]endpoint` (https://github.com/grpc/grpc/blob/master/doc/naming.md). */
export interface Target {
  readonly scheme: string;
  /** What stands between `//` and the next slash; for most schemes empty. */
  readonly authority: string;
  /** The rest, without the slash in front of it, percent-decoded. */
  readonly endpoint: string;
  /** As it was written. */
  readonly text: string;
}

/** A target whose scheme nobody resolves. */
export class UnknownSchemeError extends Error {
  override readonly name = "UnknownSchemeError";

  constructor(
    readonly target: string,
    readonly scheme: string,
    readonly known: readonly string[],
  ) {
    super(
      `No resolver for "${target}".${suggest(scheme, known)} Add one to the resolvers; known: ${known.join(", ")}.`,
    );
  }
}

/** The scheme of a target that names none. */
const DEFAULT_SCHEME = "dns";

/** `host`, `host:port`, `:port`, and, to be told about by its resolver, `host:`. */
const likeHostPort = /^(?:[\p{L}\p{N}_.-]+(?::\d*)?|:\d*|\[.*)$/u;

/**
 * Reads a target. Text with a scheme that is not among the known ones is a name for `dns`, as long as it looks like
 * one: `localhost:50051` is, `consul:///orders` is not and throws an {@link UnknownSchemeError}.
 */
export function parseTarget(text: string, schemes: Iterable<string>): Target {
  if (text === "") throw new Error('The target is empty. Give one such as "dns:///orders:50051".');
  const known = [...schemes];
  const [, written, rest] = /^([A-Za-z][\w+.-]*):(.*)$/s.exec(text) ?? [];
  const scheme = written?.toLowerCase();
  if (scheme === undefined || !known.includes(scheme)) {
    if (likeHostPort.test(text) || isIP(text) !== 0) {
      return { scheme: DEFAULT_SCHEME, authority: "", endpoint: text, text };
    }
    if (scheme !== undefined) throw new UnknownSchemeError(text, scheme, known);
    throw new Error(
      `"${text}" is no target. Give a host, host:port, or scheme:///name; known: ${known.join(", ")}.`,
    );
  }
  const [, authority = "", path = ""] = /^(?:\/\/([^/]*))?(.*)$/s.exec(rest!)!;
  return { scheme, authority, endpoint: decode(path.replace(/^\//, ""), text), text };
}

/** The endpoint of a target that names a file, with the slash in front of it if one was written. */
export function filePath({ endpoint, text }: Target): string {
  return /^[^:]*:(?:\/\/[^/]*)?\//.test(text) ? `/${endpoint}` : endpoint;
}

function decode(path: string, text: string): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw new Error(
      `"${text}" cannot be percent-decoded: after each % two hexadecimal digits of UTF-8 must follow; % itself is %25`,
      { cause },
    );
  }
}
