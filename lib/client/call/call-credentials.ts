import { Metadata, StatusError } from "../../rpc/index.js";
import { restrictControlPlaneStatus } from "./control-plane-status.js";

/**
 * Headers that prove who calls, made for each attempt; for TLS only. grpc-js's own `CallCredentials` are such, and so is
 * what it makes of the credentials of google-auth-library:
 *
 * ```ts
 * const callCredentials = credentials.createFromGoogleCredential(new GoogleAuth());
 * ```
 *
 * A StatusError that it rejects with ends the call as it is, as far as A54 lets it; anything else is UNAUTHENTICATED.
 */
export interface CallCredentials {
  generateMetadata(options: {
    /** `https://host/package.Service`, the audience of a token. */
    readonly service_url: string;
    /** `/package.Service/Method` */
    readonly method_name: string;
  }): Promise<Metadata>;
}

/** Asks for the headers of one attempt. Rejects with a StatusError. */
export async function callMetadata(
  credentials: CallCredentials,
  path: string,
  authority: string,
): Promise<Metadata> {
  try {
    const options = { service_url: serviceUrl(path, authority), method_name: path };
    const metadata = await credentials.generateMetadata(options);
    if (metadata instanceof Metadata) return metadata;
    throw new TypeError(`they gave ${String(metadata)}, no Metadata`);
  } catch (error) {
    if (error instanceof StatusError) throw restrictControlPlaneStatus(error);
    const reason = error instanceof Error ? error.message : String(error);
    throw StatusError.unauthenticated(`the call credentials have failed: ${reason}`, { cause: error });
  }
}

/** Without the port, as grpc-js has it. */
function serviceUrl(path: string, authority: string): string {
  return `https://${authority.replace(/:\d*$/, "")}${path.slice(0, path.lastIndexOf("/"))}`;
}
