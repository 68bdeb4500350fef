/** The command line of the interop server: the flags that the servers of all languages have. */
import { Command, InvalidArgumentError, Option } from "commander";
import { type TcpOptions, type TlsOptions } from "../../lib/index.js";

/** Large enough for the tests of other languages that go beyond gRPC's default of 4 MiB. */
export const MAX_RECEIVE_BYTES = 16 * 1024 * 1024;

const hosts = { IPV4: "0.0.0.0", IPV6: "::", IPV4_IPV6: "::" } as const;

interface Flags {
  port: number;
  use_tls: boolean;
  tls_cert_file?: string;
  tls_key_file?: string;
  max_concurrent_streams_limit?: number;
  address_type: keyof typeof hosts;
}

/** Parses the arguments and gives the listener they ask for to `run`. */
export function createCommand(run: (options: TcpOptions) => Promise<void>): Command {
  return new Command("interop:server")
    .description("Serves grpc.testing.TestService.")
    .requiredOption("--port <number>", "port to listen on; 0 takes any free one", parsePort)
    .option("--use_tls <boolean>", "true for TLS, with a certificate and its key", parseBoolean, false)
    .option("--tls_cert_file <path>", "the server's certificate, PEM")
    .option("--tls_key_file <path>", "its private key, PEM")
    .option("--max_concurrent_streams_limit <number>", "calls at once on one connection", parseCount)
    .addOption(
      new Option("--address_type <type>", "IP versions; IPv6 also takes IPv4 where the system maps it")
        .choices(Object.keys(hosts))
        .default("IPV4"),
    )
    .allowExcessArguments(false)
    .action(async (flags: Flags, command: Command) => {
      const tls = toTls(flags, command);
      await run({
        host: hosts[flags.address_type],
        port: flags.port,
        maxReceiveBytes: MAX_RECEIVE_BYTES,
        ...(flags.max_concurrent_streams_limit !== undefined && {
          maxConcurrentStreams: flags.max_concurrent_streams_limit,
        }),
        ...(tls && { tls }),
      });
    });
}

function toTls(flags: Flags, command: Command): TlsOptions | undefined {
  const { use_tls: useTls, tls_cert_file: cert, tls_key_file: key } = flags;
  if (!useTls) {
    if (cert !== undefined || key !== undefined)
      command.error("error: --tls_cert_file and --tls_key_file need --use_tls=true");
    return undefined;
  }
  if (cert === undefined || key === undefined)
    return command.error("error: --use_tls=true needs --tls_cert_file and --tls_key_file");
  return { cert, key };
}

function parseBoolean(text: string): boolean {
  if (text !== "true" && text !== "false") throw new InvalidArgumentError("It is true or false.");
  return text === "true";
}

function parsePort(text: string): number {
  const port = parseWhole(text);
  if (port > 65_535) throw new InvalidArgumentError("It is a number from 0 to 65535.");
  return port;
}

function parseCount(text: string): number {
  const count = parseWhole(text);
  if (count === 0) throw new InvalidArgumentError("It is at least 1.");
  return count;
}

function parseWhole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It is a whole number.");
  return Number(text);
}
