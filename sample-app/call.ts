/** `npm run call`: one call to Atlas from the command line, with nothing but grpc-js and the schema. */
import { Metadata } from "@grpc/grpc-js";
import { Command, InvalidArgumentError } from "commander";
import type { MethodDescriptor } from "grebe";
import { openCall } from "./client/call.js";
import { formatFailure } from "./client/failure.js";
import { formatMessage } from "./client/message.js";
import { takesStream, toRequests } from "./client/requests.js";
import { writeLine } from "./client/standard-streams.js";
import { Atlas } from "./generated/atlas/v1/atlas.js";

interface CallOptions {
  readonly address: string;
  readonly header?: Metadata;
  readonly apiKey?: string;
  readonly deadlineMs?: number;
}

const schema = Atlas.schema();

const program = new Command("npm run call --")
  .description("Calls a method of Atlas and prints what comes back: a line of JSON per message.")
  .usage("<method> [json...] [options]")
  .option("-a, --address <address>", "host:port, or unix:path", "127.0.0.1:50051")
  .option("-k, --api-key <key>", 'sends the header x-api-key; the app knows "demo"')
  .option("-H, --header <name=value>", "sends another header; may be repeated", addHeader)
  .option("-d, --deadline-ms <ms>", "how long the call may take", parseDeadline)
  .helpCommand(false)
  .showHelpAfterError("(--help tells more)");

for (const method of Atlas.load().methods) {
  const command = program.command(method.name).description(describe(method));
  if (takesStream(method)) {
    command.argument("[json...]", "the messages to send; if there are none, the lines of the input");
    command.action((json: string[]) => run(method, json));
  } else {
    command.argument("[json]", "the message to send", "{}");
    command.action((json: string) => run(method, [json]));
  }
}

await program.parseAsync();

async function run(method: MethodDescriptor, json: readonly string[]): Promise<void> {
  const { address, header: metadata = new Metadata(), apiKey, deadlineMs } = program.opts<CallOptions>();
  if (apiKey !== undefined) metadata.set("x-api-key", apiKey);
  const cancel = new AbortController();
  process.once("SIGINT", () => cancel.abort());
  let outputClosed = false;
  process.stdout.on("error", () => {
    // Whoever read our output has seen enough, as `head` has.
    outputClosed = true;
    cancel.abort();
  });
  try {
    const requests = toRequests(json, method);
    const options = { address, metadata, deadlineMs, signal: cancel.signal };
    for await (const response of openCall(method.path, requests, options)) {
      await writeLine(formatMessage(method.response.decode(response), method.response.message));
    }
  } catch (error) {
    if (outputClosed) return;
    console.error(formatFailure(error, address, schema));
    process.exitCode = 1;
  } finally {
    // The call is over; nobody waits for another line.
    process.stdin.destroy();
  }
}

/** `{latitude, longitude}… → Sighting…` */
function describe(method: MethodDescriptor): string {
  const { request, response, kind } = method;
  const fields = request.message.fields.map(({ localName }) => localName).join(", ");
  const answer = response.message.typeName.split(".").at(-1);
  const answersStream = kind === "serverStreaming" || kind === "bidiStreaming";
  return `{${fields}}${takesStream(method) ? "…" : ""} → ${answer}${answersStream ? "…" : ""}`;
}

function addHeader(text: string, headers = new Metadata()): Metadata {
  const [, name, value] = /^([^=:]+)[=:]\s*(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError("Write it as name=value.");
  try {
    headers.add(name, value);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
  return headers;
}

function parseDeadline(text: string): number {
  const deadlineMs = Number(text);
  if (!(deadlineMs > 0)) throw new InvalidArgumentError("It must be a positive number of milliseconds.");
  return deadlineMs;
}
