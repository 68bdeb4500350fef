/** A bare grpc-js client in a process of its own: `client.js <scenario> <address>`. */
import { once } from "node:events";
import { Client, type ClientDuplexStream, credentials, Metadata } from "@grpc/grpc-js";
import { loadSchema } from "grebe/schema";
import { Atlas } from "../../../sample-app/generated/atlas/v1/atlas.js";
import { answerSamples, BIDI_STREAMS, createPace, PAUSE_MS, PAYLOAD_BYTES } from "./process.js";

const [scenario, address] = process.argv.slice(2) as [string, string];
const services = [Atlas.load(), loadSchema(["test/protos/probe.proto"]).findService("grebe.test.Probe")];
// grpc-js keeps requests for a retry, by default 1 MiB per call and 16 MiB per channel, and takes as much from the writer
// in advance, whatever the server does. Without that, what the writer may send is what the server lets it.
const client = new Client(address, credentials.createInsecure(), { "grpc.per_rpc_retry_buffer_size": 0 });
/** `written` to the stream, which took them; `read` from it. */
const counts = { written: 0, read: 0 };

type Call = ClientDuplexStream<object, object>;

function open(path: string, headers: Record<string, string> = {}): Call {
  const method = services.flatMap(({ methods }) => methods).find((candidate) => candidate.path === path)!;
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return client.makeBidiStreamRequest(
    path,
    (message: object) => method.request.encode(message),
    (bytes: Buffer) => method.response.decode(bytes) as object,
    metadata,
  );
}

async function readSlowly(call: Call, pauseMs: number): Promise<void> {
  const pace = createPace(pauseMs);
  for await (const _ of call) {
    counts.read++;
    await pace();
  }
}

/** As fast as the stream takes them. */
async function writeFast(call: Call): Promise<void> {
  const item = { payload: Buffer.alloc(PAYLOAD_BYTES) };
  for (;;) {
    counts.written++;
    if (!call.write(item)) await once(call, "drain");
  }
}

const scenarios: Record<string, () => Promise<unknown>> = {
  serverStreaming: () => {
    const call = open("/atlas.v1.Atlas/ListCities");
    call.write({});
    call.end();
    return readSlowly(call, PAUSE_MS);
  },
  clientStreaming: () => writeFast(open("/grebe.test.Probe/Collect", { style: "for await" })),
  clientStreamingConcatMap: () => writeFast(open("/grebe.test.Probe/Collect", { style: "concatMap" })),
  bidiStreaming: () =>
    Promise.all(
      Array.from({ length: BIDI_STREAMS }, () => {
        const call = open("/grebe.test.Probe/Chat");
        return Promise.all([writeFast(call), readSlowly(call, PAUSE_MS * 10)]);
      }),
    ),
};

answerSamples(counts);
await scenarios[scenario]!();
