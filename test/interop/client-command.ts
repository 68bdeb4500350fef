/** The command line of the interop client: the flags that the clients of all languages have. */
import { Command, InvalidArgumentError, Option } from "commander";
import { type Channel, type ChannelOptions, createChannel } from "../../lib/client/index.js";
import { type CaseContext, cases, skippedCases } from "./official-cases.js";

interface Flags {
  server_host: string;
  server_port: number;
  server_host_override?: string;
  use_tls: boolean;
  use_test_ca: boolean;
  ca_file?: string;
  test_case: string;
  soak_iterations: number;
  soak_max_failures: number;
  soak_per_iteration_max_acceptable_latency_ms: number;
}

/** Large enough for `very_large_request`. */
const MAX_RECEIVE_BYTES = 16 * 1024 * 1024;
const TEST_CA = "test/certs/ca.crt";

/** Runs one case; rejects with what is wrong. */
export function createClientCommand(report: (line: string) => void): Command {
  const names = [...Object.keys(cases), ...Object.keys(skippedCases)].sort();
  return new Command("interop:client")
    .description("Runs one of gRPC's interoperability cases against a server of grpc.testing.TestService.")
    .option("--server_host <host>", "name or address of the server", "localhost")
    .requiredOption("--server_port <number>", "its port", parseWhole)
    .option("--server_host_override <name>", "name that its certificate must carry")
    .option("--use_tls <boolean>", "true for TLS", parseBoolean, false)
    .option("--use_test_ca <boolean>", `true to trust ${TEST_CA}`, parseBoolean, false)
    .option("--ca_file <path>", "authorities to trust, PEM")
    .addOption(new Option("--test_case <name>", "the case").choices(names).makeOptionMandatory())
    .option("--soak_iterations <number>", "calls of the soak cases", parseWhole, 10)
    .option("--soak_max_failures <number>", "how many of them may fail", parseWhole, 0)
    .option(
      "--soak_per_iteration_max_acceptable_latency_ms <number>",
      "how slow one may be",
      parseWhole,
      1000,
    )
    .allowExcessArguments(false)
    .action(async (flags: Flags) => {
      const { test_case: name } = flags;
      const why = skippedCases[name];
      if (why !== undefined) throw new Error(`${name} cannot be run: ${why}`);
      await runCase(name, flags);
      report(`${name} passed`);
    });
}

async function runCase(name: string, flags: Flags): Promise<void> {
  const channels: Channel[] = [];
  const openChannel = (): Channel => {
    const { server_host: host, server_port: port } = flags;
    const channel = createChannel(
      `dns:///${host.includes(":") ? `[${host}]` : host}:${port}`,
      channelOptions(flags),
    );
    channels.push(channel);
    return channel;
  };
  const context: CaseContext = {
    channel: openChannel(),
    openChannel,
    soak: {
      iterations: flags.soak_iterations,
      maxFailures: flags.soak_max_failures,
      maxLatencyMs: flags.soak_per_iteration_max_acceptable_latency_ms,
    },
  };
  try {
    await cases[name]!(context);
  } finally {
    await Promise.all(channels.map((channel) => channel.close()));
  }
}

function channelOptions(flags: Flags): ChannelOptions {
  const {
    use_tls: useTls,
    use_test_ca: useTestCa,
    ca_file: caFile,
    server_host_override: serverName,
  } = flags;
  if (!useTls) {
    if (caFile !== undefined || useTestCa) throw new Error("--ca_file and --use_test_ca need --use_tls=true");
    return { maxReceiveBytes: MAX_RECEIVE_BYTES };
  }
  const ca = caFile ?? (useTestCa ? TEST_CA : undefined);
  return {
    maxReceiveBytes: MAX_RECEIVE_BYTES,
    tls: { ...(ca !== undefined && { ca }), ...(serverName !== undefined && { serverName }) },
    ...(serverName !== undefined && { authority: serverName }),
  };
}

function parseBoolean(text: string): boolean {
  if (text !== "true" && text !== "false") throw new InvalidArgumentError("It is true or false.");
  return text === "true";
}

function parseWhole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It is a whole number.");
  return Number(text);
}
