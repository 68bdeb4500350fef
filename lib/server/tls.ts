import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext, type TlsOptions as TlsServerOptions } from "node:tls";
import { StartupError, suggest } from "../rpc/index.js";

/** PEM text or bytes, or the path of a file that holds them. */
export type Pem = string | Buffer;

export interface TlsOptions {
  /** The server's certificate, followed by the intermediate ones. */
  readonly cert: Pem;
  readonly key: Pem;
  /** Authorities that sign clients' certificates. Needed to `require` one; otherwise Node's own list if left out. */
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

const optionNames: readonly (keyof TlsOptions)[] = ["cert", "key", "ca", "clientCertificate"];
const clientCertificates: readonly unknown[] = ["none", "request", "require", undefined];

/** Reads and checks the files. Throws a {@link StartupError} BAD_TLS that says which one is wrong and why. */
export function readTlsOptions(options: TlsOptions, where: string): TlsServerOptions {
  checkOptions(options, where);
  const pair = { cert: readPem(options.cert, "cert", where), key: readPem(options.key, "key", where) };
  checkCertificate(pair.cert, options.cert, "cert", where);
  const trusted = options.ca === undefined ? {} : { ca: readPem(options.ca, "ca", where) };
  // Node takes a text without any certificate for an empty list.
  if (trusted.ca !== undefined) checkCertificate(trusted.ca, options.ca!, "ca", where);
  try {
    createSecureContext({ ...pair, ...trusted });
  } catch (cause) {
    throw StartupError.of(
      "BAD_TLS",
      `listener ${where}: cert ${describe(options.cert)} and key ${describe(options.key)} cannot be used: ` +
        `${(cause as Error).message}. Check that the key belongs to the certificate and has no passphrase.`,
      { cause },
    );
  }
  const asked = options.clientCertificate ?? "none";
  return {
    ...pair,
    ...trusted,
    ciphers: CIPHERS,
    ALPNProtocols: ["h2"],
    requestCert: asked !== "none",
    rejectUnauthorized: asked === "require",
  };
}

function checkOptions(options: TlsOptions, where: string): void {
  for (const name of Object.keys(options)) {
    if (optionNames.some((known) => known === name)) continue;
    throw StartupError.of(
      "BAD_OPTION",
      `listener ${where}: tls has no option "${name}".${suggest(name, optionNames)}`,
    );
  }
  if (!clientCertificates.includes(options.clientCertificate)) {
    throw StartupError.of(
      "BAD_OPTION",
      `listener ${where}: tls.clientCertificate must be "none", "request" or "require", got "${options.clientCertificate}".`,
    );
  }
  if (options.clientCertificate === "require" && options.ca === undefined) {
    throw StartupError.of(
      "BAD_TLS",
      `listener ${where}: tls.clientCertificate is "require" but no tls.ca says who signs clients' certificates; ` +
        "any public authority would do. Give the authority's certificate as ca.",
    );
  }
}

function readPem(pem: Pem | undefined, option: string, where: string): Buffer {
  if (pem === undefined) {
    throw StartupError.of(
      "BAD_TLS",
      `listener ${where}: tls.${option} is missing. Give the path of a PEM file, or its text.`,
    );
  }
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

function checkCertificate(bytes: Buffer, pem: Pem, option: "cert" | "ca", where: string): void {
  const what = `listener ${where}: tls.${option} ${describe(pem)}`;
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(bytes);
  } catch (cause) {
    throw StartupError.of("BAD_TLS", `${what} holds no certificate: ${(cause as Error).message}.`, { cause });
  }
  if (Date.parse(certificate.validTo) < Date.now()) {
    throw StartupError.of("BAD_TLS", `${what} expired on ${certificate.validTo}. Renew it.`);
  }
  if (Date.parse(certificate.validFrom) > Date.now()) {
    throw StartupError.of("BAD_TLS", `${what} is not valid before ${certificate.validFrom}.`);
  }
}

function describe(pem: Pem): string {
  return typeof pem === "string" && !pem.includes("-----BEGIN") ? `"${pem}"` : "(given as PEM)";
}
