/** A process of its own that hostile peers work on. Its parent asks how it is; see {@link Condition}. */
import { setImmediate as turn } from "node:timers/promises";
import { concatMap, type Flow } from "../../lib/flow/index.js";
import { tcp } from "../../lib/server/index.js";
import { type Item, startProbe } from "./probe.js";

export interface Condition {
  readonly heapBytes: number;
  readonly externalBytes: number;
  readonly handles: number;
  readonly unhandled: readonly string[];
  /** Members that all objects have, and did not have at the start. */
  readonly added: readonly string[];
}

const members = (): string[] =>
  [Object, Array, Function, Map, Promise].flatMap(({ name, prototype }) =>
    Reflect.ownKeys(prototype).map((key) => `${name}.${String(key)}`),
  );
const atStart = new Set(members());
const unhandled: string[] = [];
process.on("unhandledRejection", (reason) => unhandled.push(String(reason)));

// Node does not close a connection after a breach of HTTP/2; a ping that nobody answers does.
const listener = tcp({ port: 0, pingIntervalMs: 200, pingTimeoutMs: 2000 });
const probe = await startProbe(
  {
    one: (request: Item) => request,
    many: (request: Item) => [request, request],
    collect: async (requests: Flow<Item>) => {
      let last: Item = {};
      for await (const item of requests) last = item;
      return last;
    },
    chat: (requests: Flow<Item>) => requests.pipe(concatMap(async (item) => item)),
  },
  { listeners: [listener] },
);

process.on("message", async () => {
  for (let round = 0; round < 5; round++) {
    globalThis.gc?.();
    await turn();
  }
  const { heapUsed, external } = process.memoryUsage();
  const condition: Condition = {
    heapBytes: heapUsed,
    externalBytes: external,
    handles: process.getActiveResourcesInfo().filter((kind) => kind !== "PipeWrap").length,
    unhandled,
    added: members().filter((member) => !atStart.has(member)),
  };
  process.send?.(condition);
});
process.once("disconnect", () => void probe.stop());
process.send?.(probe.app.listeners.find((bound) => bound.listener === listener)?.address);
