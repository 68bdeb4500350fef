import type { Command } from "commander";
import type { ApplicationInspection } from "../../app/index.js";
import {
  type ChannelOptions,
  type ClientTlsOptions,
  createChannel,
  createClient,
} from "../../client/index.js";
import { formatStatusCode, StatusCode, StatusError } from "../../rpc/index.js";
import { Inspect } from "../../schema/index.js";
import { formatInspection } from "./inspection-text.js";
import { formatFailure, style } from "./terminal.js";

interface InspectFlags {
  readonly json?: boolean;
  readonly all?: boolean;
  readonly timeout: string;
  readonly tls?: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
}

/** Lines of one list, unless all are wanted. */
const LIST_LIMIT = 20;

/** `grebe inspect`: what a running application shows of itself. */
export function addInspectCommand(program: Command): void {
  program
    .command("inspect")
    .description("Show what a running application serves and whom it calls; it must import InspectModule.")
    .argument("<address>", "host:port, unix:/path/of/a.sock, or any other target")
    .option("--json", "as JSON, all of it")
    .option("--all", "long lists to their end")
    .option("--timeout <ms>", "how long to wait for the answer", "5000")
    .option("--tls", "connect with TLS; implied by the options that follow")
    .option("--ca <file>", "authorities to trust (PEM); default: those of Node")
    .option("--cert <file>", "own certificate (PEM), with --key")
    .option("--key <file>", "key of the certificate (PEM)")
    .option("--server-name <name>", "name that the server's certificate must carry")
    .addHelpText("after", "\nExample:\n  $ grebe inspect 127.0.0.1:50051")
    .action(async (address: string, flags: InspectFlags, command: Command) => {
      const timeoutMs = Number(flags.timeout);
      if (!(timeoutMs > 0))
        command.error(`error: --timeout must be a number of milliseconds, got ${flags.timeout}`);
      try {
        print(await ask(address, timeoutMs, flags), flags);
      } catch (error) {
        console.error(explain(address, error));
        process.exitCode = 1;
      }
    });
}

async function ask(address: string, timeoutMs: number, flags: InspectFlags): Promise<string> {
  const channel = createChannel(address, channelOptions(flags));
  try {
    return (await createClient(Inspect, channel).get({}, { deadlineMs: timeoutMs })).json;
  } finally {
    await channel.close();
  }
}

function channelOptions({ tls, ca, cert, key, serverName }: InspectFlags): ChannelOptions {
  const options: ClientTlsOptions = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { serverName }),
  };
  return tls === true || Object.keys(options).length > 0 ? { tls: options } : {};
}

function print(json: string, flags: InspectFlags): void {
  const inspection = JSON.parse(json) as ApplicationInspection;
  if (flags.json === true) {
    console.log(JSON.stringify(inspection, undefined, 2));
    return;
  }
  const limit = flags.all === true ? Number.POSITIVE_INFINITY : LIST_LIMIT;
  console.log(formatInspection(inspection, { paint: style, limit, now: Date.now() }));
}

function explain(address: string, error: unknown): string {
  if (!(error instanceof StatusError)) {
    return formatFailure("BAD_TARGET", error instanceof Error ? error.message : String(error));
  }
  const advice =
    error.code === StatusCode.UNIMPLEMENTED
      ? "\nThe application must import InspectModule of grebe/services."
      : "";
  return formatFailure(formatStatusCode(error.code), `${address}: ${error.text}${advice}`);
}
