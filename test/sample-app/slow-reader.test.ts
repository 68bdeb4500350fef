/**
 * A slow side slows the other one, and memory stays flat: server and client in processes of their own, whose resident
 * memory and counters are looked at for a while. SLOW_SECONDS makes it longer.
 */
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { getDefaultHighWaterMark } from "node:stream";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { BIDI_STREAMS, PAYLOAD_BYTES, type Sample } from "./slow/process.js";

const SECONDS = Number(process.env.SLOW_SECONDS ?? 14);
/** From here on memory must be flat. */
const SETTLED_SECONDS = 10;
const MIN_DONE_PER_SECOND = 50;
const MAX_SETTLED_GROWTH_MB = 8;

function start(module: string, ...parameters: string[]): ChildProcess {
  const path = fileURLToPath(new URL(`./slow/${module}.js`, import.meta.url));
  return fork(path, parameters, { execArgv: ["--expose-gc"] });
}

async function sample(child: ChildProcess): Promise<Sample> {
  const answer = once(child, "message");
  child.send("sample");
  return (await answer)[0] as Sample;
}

interface Moment {
  readonly second: number;
  readonly server: Sample;
  readonly client: Sample;
}

async function observe(scenario: string): Promise<Moment[]> {
  const server = start("server", scenario);
  const [address] = (await once(server, "message")) as [string];
  const idle = await sample(server);
  const client = start("client", scenario, address);
  const moments: Moment[] = [];
  try {
    for (let second = 0; second <= SECONDS; second++) {
      // The client first: what is on its way in between counts against us.
      moments.push({
        second,
        client: await sample(client),
        server: second === 0 ? idle : await sample(server),
      });
      await pause(1000);
    }
  } finally {
    client.kill();
    server.kill();
  }
  return moments;
}

/** An HTTP/2 window: what a reader that is behind holds unread of a stream. */
const WINDOW_BYTES = 65_535;
/** What Node buffers of a stream, on either side: 16 KiB in Node 20, 64 KiB later. */
const STREAM_BUFFER_BYTES = getDefaultHighWaterMark(false);
/** What grpc-js's client holds of a stream, in messages. */
const CLIENT_BUFFER = 16;
/** What Grebe holds: received ahead of a handler, and sent ahead of the transport. */
const FLOW_WINDOW = 16;
const SINK_MESSAGES = 128;
const SINK_BYTES = 65_536;

/** With its field header and the prefix of a gRPC message. */
const ITEM_BYTES = PAYLOAD_BYTES + 3 + 5;
const LEAST_CITY_BYTES = 50;

/** From a handler that answers to its reader. */
const maxDownload = (messageBytes: number): number =>
  (WINDOW_BYTES + 2 * STREAM_BUFFER_BYTES) / messageBytes +
  Math.min(SINK_MESSAGES, SINK_BYTES / messageBytes) +
  CLIENT_BUFFER;

/** From a client that writes to the handler. */
const MAX_UPLOAD = (WINDOW_BYTES + 2 * STREAM_BUFFER_BYTES) / ITEM_BYTES + CLIENT_BUFFER + FLOW_WINDOW;

interface Scenario {
  readonly name: string;
  readonly title: string;
  /** How far the fast side is ahead of the slow one. */
  readonly ahead: (moment: Moment) => number;
  readonly maxAhead: number;
  /** How much the slow side has done: a run that stands still would be flat too. */
  readonly done: (moment: Moment) => number;
  readonly maxGrowthMb: number;
}

const uploading = {
  ahead: ({ client, server }: Moment) => client.counts.written! - server.counts.handled!,
  maxAhead: MAX_UPLOAD,
  done: ({ server }: Moment) => server.counts.handled!,
  maxGrowthMb: 40,
};

const scenarios: Scenario[] = [
  {
    name: "serverStreaming",
    title: "a reader of 100 messages a second holds back ListCities",
    ahead: ({ client, server }) => server.counts.produced! - client.counts.read!,
    maxAhead: maxDownload(LEAST_CITY_BYTES),
    done: ({ client }) => client.counts.read!,
    maxGrowthMb: 40,
  },
  {
    ...uploading,
    name: "clientStreaming",
    title: "a handler of 100 messages a second holds back its client, with for await",
  },
  {
    ...uploading,
    name: "clientStreamingConcatMap",
    title: "a handler of 100 messages a second holds back its client, with concatMap",
  },
  {
    name: "bidiStreaming",
    title: `${BIDI_STREAMS} streams with both sides slow are held back both ways`,
    ahead: ({ client }) => client.counts.written! - client.counts.read!,
    maxAhead: BIDI_STREAMS * (MAX_UPLOAD + maxDownload(ITEM_BYTES)),
    done: ({ client }) => client.counts.read!,
    // The buffers of 50 streams, full both ways, are some 15 MB of it.
    maxGrowthMb: 60,
  },
];

describe("slow sides", { concurrency: true }, () => {
  for (const { name, title, ahead, maxAhead, done, maxGrowthMb } of scenarios) {
    test(title, async (context) => {
      const moments = await observe(name);
      const last = moments.at(-1)!;
      for (const moment of moments) {
        if (moment.second % 5 === 0 || moment === last) context.diagnostic(format(moment));
      }
      context.diagnostic(`at most ${Math.max(...moments.map(ahead))} ahead, bound ${Math.floor(maxAhead)}`);
      const settled = moments.filter(({ second }) => second >= SETTLED_SECONDS);
      for (const side of ["server", "client"] as const) {
        const growthMb = growth(moments.map((moment) => moment[side].residentMb));
        assert.ok(growthMb < maxGrowthMb, `the ${side} grew by ${growthMb} MB`);
      }
      // The client is grpc-js, whose small buffers scatter in memory for a minute before it levels off.
      const settledGrowthMb = growth(settled.map(({ server }) => server.residentMb));
      assert.ok(settledGrowthMb < MAX_SETTLED_GROWTH_MB, `the server still grew by ${settledGrowthMb} MB`);
      assert.ok(
        Math.max(...moments.map(ahead)) <= maxAhead,
        `${Math.max(...moments.map(ahead))} ahead of ${maxAhead}`,
      );
      assert.ok(done(last) >= MIN_DONE_PER_SECOND * SECONDS, `only ${done(last)} done`);
    });
  }
});

function growth([first, ...rest]: readonly number[]): number {
  return Math.max(...rest) - first!;
}

function format({ second, server, client }: Moment): string {
  const counts = Object.entries({ ...server.counts, ...client.counts }).filter(([, count]) => count > 0);
  return [
    `after ${second} s: server ${server.residentMb.toFixed(1)} MB, client ${client.residentMb.toFixed(1)} MB`,
    ...counts.map(([name, count]) => `${count} ${name}`),
  ].join(", ");
}
