/** Probes of what piles up when one side is slower than the other. One at a time, each with a process of its own. */
import { setTimeout as sleep } from "node:timers/promises";
import { status } from "@grpc/grpc-js";
import { createItem, largeBytes, smallBytes } from "./messages.js";
import { ObservedServer } from "./observed-server.js";
import { formatCount, formatMegabytes, type Probe } from "./probe.js";
import { RawCall } from "./raw-call.js";
import { encodeFrame } from "./wire.js";

const uploadMs = 2_000;
const uploads = 3_000;
const unreadMs = 1_500;
/** Whether a queue still grows is seen in the last part of the time. */
const lastMs = 250;
/** HTTP/2 lets so much of a stream go that nobody reads. */
const windowBytes = 65_535;

/** Where such a handler is commonly written in two ways: both, and how the table calls them. */
const uploadWays: Readonly<Record<string, readonly [string, string]>> = {
  grebe: ["Grebe's `concatMap`", "rxjs's"],
  "grpc-js": ['`on("data")`', "`for await`"],
};

const upload = encodeFrame("Item", createItem(1, largeBytes));
const ask = encodeFrame("Ask", {});

export const pressureProbes: readonly Probe[] = [
  {
    rows: [
      "A client streams 3,000 messages of 20 kB, the handler needs 5 ms for each: messages that wait after 2 s",
      "… and the server's memory has grown by",
    ],
    run: async ({ contender, server }) => {
      const ways = uploadWays[contender.name];
      if (ways === undefined) {
        const result = await measureUpload(server);
        return [
          { text: formatCount(result.waiting), figures: result },
          { text: formatMegabytes(result.grownBytes) },
        ];
      }
      const other = await ObservedServer.start(contender.name);
      const results = await Promise.all([measureUpload(server), measureUpload(other, { way: "other" })]);
      other.stop();
      return [
        {
          text: results.map(({ waiting }, way) => `${formatCount(waiting)} (${ways[way]})`).join(", "),
          figures: { results },
        },
        { text: results.map(({ grownBytes }) => formatMegabytes(grownBytes)).join(", ") },
      ];
    },
  },
  {
    rows: [
      "A client never reads a stream of 20 kB messages from a cursor: messages fetched after 1.5 s",
      "… and the server's memory has grown by",
    ],
    run: async ({ server }) => {
      const before = await server.observe();
      const call = new RawCall(server.port, "Scan");
      call.send(ask, 1);
      await sleep(unreadMs);
      const { produced, rssBytes } = await server.observe();
      call.close();
      const grownBytes = rssBytes - before.rssBytes;
      return [
        { text: formatCount(produced), figures: { produced, grownBytes } },
        { text: formatMegabytes(grownBytes) },
      ];
    },
  },
  {
    rows: [
      "A client never reads a stream that a timer pushes, 1 kB each 0.1 ms: messages queued after 1.5 s",
    ],
    run: async ({ server }) => {
      const call = new RawCall(server.port, "Watch");
      call.send(ask, 1);
      await sleep(unreadMs - lastMs);
      const earlier = await server.observe();
      await sleep(lastMs);
      const { produced } = await server.observe();
      const queued = formatCount(Math.max(0, produced - Math.floor(windowBytes / smallBytes)));
      const isGrowing = produced > earlier.produced;
      const code = isGrowing ? undefined : await call.read(500);
      call.close();
      const figures = { earlier: earlier.produced, produced, code };
      if (isGrowing) return [{ text: `${queued}, and growing`, figures }];
      const end = code === undefined ? "then no more" : `then the call ends with ${status[code]}`;
      return [{ text: `${queued}, ${end}`, figures }];
    },
  },
];

/** How far a slow consumer is behind what has left the client. */
async function measureUpload(server: ObservedServer, headers?: Readonly<Record<string, string>>) {
  const before = await server.observe();
  const call = new RawCall(server.port, "Upload", headers);
  call.send(upload, uploads);
  await sleep(uploadMs);
  const { taken } = call;
  const { processed, rssBytes } = await server.observe();
  call.close();
  return { taken, processed, waiting: taken - processed, grownBytes: rssBytes - before.rssBytes };
}
