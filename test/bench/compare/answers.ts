/** Probes of what a caller is told. They load nothing, so they run side by side, each begun a little after the other. */
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { status } from "@grpc/grpc-js";
import { type Outcome, ProbeClient } from "./client.js";
import { slowMs } from "./messages.js";
import { ObservedServer } from "./observed-server.js";
import { type Found, formatCode, formatElapsed, type Probe } from "./probe.js";
import { now } from "./servers/control.js";
import { decodeBadFields, decodeTable, encode, encodeTable, type TableEntries } from "./wire.js";

const ask = encode("Ask", {});
const cancelAfterMs = 100;
const quietMs = 250;
const bare = ["grpc-js"];

const table: TableEntries = {
  byNumber: new Map([
    [-(2n ** 53n) - 1n, "low"],
    [0n, "zero"],
    [42n, "answer"],
  ]),
  byFlag: new Map([
    [false, "no"],
    [true, "yes"],
  ]),
};
const tableKeys = [...table.byNumber.keys(), ...table.byFlag.keys()].map(String).sort();

export const answerProbes: readonly Probe[] = [
  {
    rows: ["Unary handler's Observable completes without a value"],
    without: bare,
    run: async ({ client }) => [formatOutcome(await client.call("Probe/Nothing", ask))],
  },
  {
    rows: ["Unary handler's Observable emits two values"],
    without: bare,
    run: async ({ client }) => [formatOutcome(await client.call("Probe/Twice", ask))],
  },
  {
    rows: ["A guard refuses"],
    without: bare,
    run: async ({ client }) => [{ text: formatCode(await client.call("Probe/Guarded", ask)) }],
  },
  {
    rows: ["Two fields of a request break a rule"],
    without: bare,
    run: async ({ client }) => {
      const form = encode("Form", { email: "nobody", address: { zipCode: "?" } });
      const outcome = await client.call("Probe/Register", form);
      const [details] = outcome.metadata?.get("grpc-status-details-bin") ?? [];
      const fields = Buffer.isBuffer(details) ? decodeBadFields(details) : [];
      const told =
        fields.length === 0 ? "the fields are not told" : `BadRequest names ${fields.join(" and ")}`;
      return [{ text: `${formatCode(outcome)}, ${told}`, figures: { fields } }];
    },
  },
  {
    rows: ["The handler throws the framework's own “not found”"],
    run: async ({ client, contender }) => {
      const code = formatCode(await client.call("Probe/Find", ask));
      if (contender.name === "grpc-js") return [{ text: `${code} (a code in the callback)` }];
      if (contender.name !== "nest") return [{ text: code }];
      const other = formatCode(await client.call("Probe/Find", encode("Ask", { way: "code" })));
      return [{ text: `${code} (GrpcNotFoundException), ${other} (RpcException with a code)` }];
    },
  },
  {
    rows: ["The client cancels a unary call of 1.5 s after 0.1 s: the handler's work is let go"],
    run: async ({ client, server, contender }) => {
      await client.call("Probe/Slow", ask, cancelAfterMs);
      const cancelledAtMs = now();
      await sleep(slowMs - cancelAfterMs + 200);
      const { releasedAtMs } = await server.observe();
      if (releasedAtMs === undefined) return [{ text: "never" }];
      const afterMs = Math.max(0, releasedAtMs - cancelledAtMs);
      let remark = "";
      if (afterMs > slowMs / 2) remark = ", at its own end";
      else if (contender.name === "grpc-js") remark = ", if it listens to `cancelled`";
      return [{ text: `${formatElapsed(afterMs)}${remark}`, figures: { afterMs } }];
    },
  },
  {
    rows: ["`map<int64, …>` and `map<bool, …>` there and back"],
    run: async ({ client, server }) => {
      const outcome = await client.call("Probe/Reflect", encodeTable(table));
      if (outcome.message === undefined) return [{ text: formatCode(outcome) }];
      const { keys } = await server.observe();
      const received = decodeTable(outcome.message);
      const wrong = [
        ...(isDeepStrictEqual(received.byNumber, table.byNumber) ? [] : ["int64"]),
        ...(isDeepStrictEqual(received.byFlag, table.byFlag) ? [] : ["bool"]),
      ];
      const trip = wrong.length === 0 ? "intact" : `${wrong.join(" and ")} keys come back wrong`;
      const isReadable = isDeepStrictEqual([...keys].sort(), tableKeys);
      return [
        {
          text: isReadable ? trip : `${trip}; the handler sees int64 keys as eight characters of binary`,
          figures: {
            keys,
            byNumber: [...received.byNumber].map(String),
            byFlag: [...received.byFlag].map(String),
          },
        },
      ];
    },
  },
  {
    rows: ["An rpc of the `.proto` has no handler"],
    run: async ({ contender }) => {
      // Starting a process would disturb the figures of the others.
      await sleep(quietMs);
      let half: ObservedServer;
      try {
        half = await ObservedServer.start(contender.name, "half");
      } catch (error) {
        const complaint = (error as Error).message;
        if (!complaint.includes("Forgotten")) throw error;
        return [{ text: "the start fails and names it", figures: { complaint } }];
      }
      const client = new ProbeClient(half.port);
      const outcome = await client.call("Half/Forgotten", ask);
      client.close();
      half.stop();
      return [{ text: `it starts; callers get ${formatCode(outcome)}` }];
    },
  },
];

function formatOutcome(outcome: Outcome): Found {
  const { code, elapsedMs } = outcome;
  const prefix = code === status.DEADLINE_EXCEEDED ? "hangs: " : "";
  return {
    text: `${prefix}${formatCode(outcome)} ${formatElapsed(elapsedMs)}`,
    figures: { elapsedMs },
  };
}
