import { readFileSync } from "node:fs";
import { isIP, type Socket } from "node:net";
import { checkServerIdentity, connect, createSecureContext, type SecureContext } from "node:tls";
import { suggest } from "../../rpc/index.js";
import type { ClientTlsOptions } from "../channel-options.js";

const optionNames: readonly (keyof ClientTlsOptions)[] = ["ca", "cert", "key", "serverName"];

/** Puts TLS on connected sockets. */
export class ClientTls {
  readonly #context: SecureContext;
  readonly serverName: string | undefined;

  /** Reads the files. Throws an Error that says which one is wrong, and why. */
  constructor(options: ClientTlsOptions) {
    for (const name of Object.keys(options)) {
      if (!optionNames.some((known) => known === name)) {
        throw new Error(`tls has no option "${name}".${suggest(name, optionNames)}`);
      }
    }
    const { ca, cert, key, serverName } = options;
    if ((cert === undefined) !== (key === undefined))
      throw new Error("tls needs cert and key together, or neither");
    const files = { ca: readPem(ca, "ca"), cert: readPem(cert, "cert"), key: readPem(key, "key") };
    try {
      this.#context = createSecureContext(
        Object.fromEntries(Object.entries(files).filter(([, value]) => value !== undefined)),
      );
    } catch (cause) {
      throw new Error(`tls: ${(cause as Error).message}; does the key belong to the certificate?`, { cause });
    }
    this.serverName = serverName;
  }

  /** Rejects when the server's certificate is not trusted or carries another name. */
  secure(socket: Socket, host: string): Promise<Socket> {
    const name = this.serverName ?? host;
    return new Promise((resolve, reject) => {
      const secured = connect({
        socket,
        secureContext: this.#context,
        ALPNProtocols: ["h2"],
        host: name,
        // An address is no server name (RFC 6066), but it is verified.
        ...(isIP(name) === 0 && { servername: name }),
        checkServerIdentity: (_name, certificate) => checkServerIdentity(name, certificate),
      });
      const failed = (error: Error): void => reject(error);
      const closed = (): void => reject(new Error("the connection was closed during the TLS handshake"));
      secured.once("error", failed);
      secured.once("close", closed);
      secured.once("secureConnect", () => {
        secured.off("error", failed);
        secured.off("close", closed);
        if (secured.alpnProtocol === "h2") {
          resolve(secured);
          return;
        }
        secured.destroy();
        reject(new Error("the server does not speak HTTP/2 (it did not choose h2)"));
      });
    });
  }
}

function readPem(pem: string | Buffer | undefined, option: string): Buffer | undefined {
  if (pem === undefined || Buffer.isBuffer(pem)) return pem;
  if (pem.includes("-----BEGIN")) return Buffer.from(pem);
  try {
    const bytes = readFileSync(pem);
    if (!bytes.includes("-----BEGIN")) throw new Error("it is not in PEM format");
    return bytes;
  } catch (cause) {
    throw new Error(`tls.${option} "${pem}" cannot be used: ${(cause as Error).message}`, { cause });
  }
}
