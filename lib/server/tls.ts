import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { ServerCredentials } from "@grpc/grpc-js";
import { StartupError } from "../rpc/index.js";

/** PEM text or bytes, or the path of a file that holds them. */
export type Pem = string | Buffer;

export interface TlsOptions {
  /** The server's certificate, followed by the intermediate ones. */
  readonly cert: Pem;
  readonly key: Pem;
  /** Authorities that sign clients' certificates; Node's own list if left out. */
  readonly ca?: Pem;
  /**
   * - `none` (default): clients show no certificate
   * - `request`: they may; guards look at `call.peer.tls`
   * - `require`: a connection without a certificate signed by `ca` is refused (mTLS)
   */
  readonly clientCertificate?: "none" | "request" | "require";
}

/** TLS 1.2 suites with forward secrecy; those of TLS 1.3 are always on. */
const CIPHERS =
  "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:" +
  "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

/** grpc-js's own factory leaves no say in handshake time and settings. */
class TlsCredentials extends ServerCredentials {
  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

export type SecureServerOptions = NonNullable<ConstructorParameters<typeof TlsCredentials>[0]>;

/** Reads and checks the files. Throws a {@link StartupError} BAD_TLS that says which one is wrong and why. */
export function createTlsCredentials(
  options: TlsOptions,
  serverOptions: SecureServerOptions,
  where: string,
): ServerCredentials {
  const context: SecureContextOptions = {
    cert: readPem(options.cert, "cert", where),
    key: readPem(options.key, "key", where),
    ...(options.ca === undefined ? {} : { ca: readPem(options.ca, "ca", where) }),
  };
  checkCertificate(context.cert as Buffer, options.cert, where);
  try {
    createSecureContext(context);
  } catch (cause) {
    throw StartupError.of(
      "BAD_TLS",
      `listener ${where}: cert ${describe(options.cert)} and key ${describe(options.key)} cannot be used: ` +
        `${(cause as Error).message}. Check that the key belongs to the certificate and has no passphrase.`,
      { cause },
    );
  }
  const asked = options.clientCertificate ?? "none";
  return new TlsCredentials(
    {
      ...serverOptions,
      ciphers: CIPHERS,
      requestCert: asked !== "none",
      rejectUnauthorized: asked === "require",
    },
    context,
  );
}

function readPem(pem: Pem, option: string, where: string): Buffer {
  let bytes: Buffer;
  if (Buffer.isBuffer(pem)) bytes = pem;
  else if (typeof pem === "string" && pem.includes("-----BEGIN")) bytes = Buffer.from(pem);
  else {
    try {
      bytes = readFileSync(pem);
    } catch (cause) {
      throw StartupError.of(
        "BAD_TLS",
        `listener ${where}: tls.${option} cannot be read: ${(cause as Error).message}. Give the path of a PEM file, or its text.`,
        { cause },
      );
    }
  }
  if (!bytes.includes("-----BEGIN")) {
    throw StartupError.of(
      "BAD_TLS",
      `listener ${where}: tls.${option} ${describe(pem)} is not in PEM format.`,
    );
  }
  return bytes;
}

function checkCertificate(bytes: Buffer, pem: Pem, where: string): void {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(bytes);
  } catch (cause) {
    throw StartupError.of(
      "BAD_TLS",
      `listener ${where}: tls.cert ${describe(pem)} holds no certificate: ${(cause as Error).message}.`,
      { cause },
    );
  }
  if (Date.parse(certificate.validTo) < Date.now()) {
    throw StartupError.of(
      "BAD_TLS",
      `listener ${where}: tls.cert ${describe(pem)} expired on ${certificate.validTo}. Renew it.`,
    );
  }
}

function describe(pem: Pem): string {
  return typeof pem === "string" && !pem.includes("-----BEGIN") ? `"${pem}"` : "(given as PEM)";
}
