import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { interval, map } from "rxjs";
import { formatStatusCode, StatusCode } from "../../lib/rpc/index.js";
import { tcp } from "../../lib/server/index.js";
import { countResources, expectNoLeaks } from "../../lib/testing/index.js";
import { hostileConnections, http2Start } from "./hostile-connections.js";
import { type HostileInput, hostileInputs } from "./hostile-inputs.js";
import type { Condition } from "./hostile-server.js";
import { startProbe } from "./probe.js";
import { frame, itemFrame, RawClient, rawOutcome } from "./raw-client.js";
import { checkAtEnd } from "./support.js";

let server: ChildProcess;
let address: string;
let client: RawClient;
before(async () => {
  server = fork(fileURLToPath(new URL("./hostile-server.js", import.meta.url)), {
    execArgv: ["--expose-gc"],
    // grpc-js writes a line for each header that it does not understand.
    env: { ...process.env, GRPC_VERBOSITY: "NONE" },
  });
  [address] = (await once(server, "message")) as [string];
  client = new RawClient(address);
});
after(async () => {
  await client.close();
  const closed = once(server, "close");
  server.disconnect();
  await closed;
});
checkAtEnd();

async function look(): Promise<Condition> {
  server.send("look");
  const [condition] = (await once(server, "message")) as [Condition];
  return condition;
}

async function isAnswering(): Promise<void> {
  assert.equal(server.exitCode, null);
  const fresh = new RawClient(address);
  assert.equal((await fresh.send("One", itemFrame({ number: 1 }))).status, StatusCode.OK);
  await fresh.close();
}

async function send({ name, rpc, body, headers, status, httpStatus = 200 }: HostileInput): Promise<void> {
  const outcome = await client.send(rpc, body, headers);
  assert.deepEqual([outcome.httpStatus, outcome.status], [httpStatus, status], `${name}: ${outcome.text}`);
}

for (const input of hostileInputs) {
  const { name, status, httpStatus } = input;
  const end = status === undefined ? `HTTP ${httpStatus}` : formatStatusCode(status);
  test(`${name} ends with ${end}`, () => send(input));
}

for (const { name, attack } of hostileConnections) {
  test(`${name}: others are served as before`, async () => {
    await attack(address);
    await isAnswering();
  });
}

test("headers that are too many or too large refuse the call, not the connection", async () => {
  for (const headers of [{ many: Array.from({ length: 300 }, () => "v") }, { large: "x".repeat(20_000) }]) {
    const { httpStatus, status, resetCode } = await client.send("One", itemFrame({}), headers);
    assert.ok(httpStatus !== 200, `${httpStatus} ${status}`);
    assert.notEqual(resetCode, 0);
  }
  await isAnswering();
});

const producers: Readonly<Record<string, () => unknown>> = {
  "a timer": () => interval(0).pipe(map((number) => ({ number }))),
  "a generator that is never behind": function* () {
    for (let number = 0; ; number++) yield { number, payload: Buffer.alloc(1000) };
  },
};

for (const [what, bytes, headers, code] of [
  ["a message of 4 GiB", frame(Buffer.alloc(0), 0, 0xffffffff), {}, StatusCode.RESOURCE_EXHAUSTED],
  ["bad gzip", frame(Buffer.from("bad"), 1), { "grpc-encoding": "gzip" }, StatusCode.INTERNAL],
  ["bytes that are no message", frame(Buffer.of(0xff)), {}, StatusCode.INTERNAL],
] as const) {
  for (const [source, produce] of Object.entries(producers)) {
    test(`${what} while ${source} answers ends the call with ${formatStatusCode(code)}, and its work`, async () => {
      let ended = false;
      const probe = await startProbe({
        chat: (_requests, call) => {
          call.signal.addEventListener("abort", () => {
            ended = true;
          });
          return produce();
        },
      });
      const own = new RawClient(probe.address);
      const stream = own.open("Chat", headers);
      const outcome = rawOutcome(stream);
      await once(stream, "response");
      stream.write(bytes);
      const { status, resetCode } = await outcome;
      assert.deepEqual({ status, resetCode, ended }, { status: code, resetCode: 0, ended: true });
      await own.close();
      await probe.stop();
    });
  }
}

test("a connection is closed when its peer has left after a breach of HTTP/2, and when it answers no ping", async () => {
  const listener = tcp({ port: 0, pingIntervalMs: 20, pingTimeoutMs: 20 });
  const probe = await startProbe({}, { listeners: [listener] });
  const own = probe.app.listeners.find((bound) => bound.listener === listener)!;
  const free = countResources();
  for (const bytes of [Buffer.concat([http2Start, Buffer.alloc(20, 0xff)]), http2Start]) {
    const socket = connect(own.port!, "127.0.0.1");
    socket.on("error", () => undefined);
    await once(socket, "connect");
    socket.write(bytes);
    socket.resume();
    await once(socket, "close");
  }
  await expectNoLeaks(free);
  await probe.stop();
});

test("other methods of HTTP hurt nobody", async () => {
  for (const method of ["HEAD", "GET", "OPTIONS", "DELETE"]) {
    for (const rpc of ["One", "Many", "Collect", "Chat"]) {
      await client.send(rpc, itemFrame({ number: 1 }), { ":method": method });
    }
  }
  await isAnswering();
});

/** So many calls of every kind, some at a time, until there were `count`. */
async function attackWith(count: number): Promise<number> {
  const works: { readonly calls: number; readonly run: () => Promise<void> }[] = [
    ...hostileInputs.map((input) => ({ calls: 1, run: () => send(input) })),
    ...hostileConnections.map(({ calls, attack }) => ({ calls, run: () => attack(address) })),
  ];
  let begun = 0;
  let next = 0;
  const worker = async (): Promise<void> => {
    while (begun < count) {
      const { calls, run } = works[next++ % works.length]!;
      begun += calls;
      await run();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return begun;
}

const AT_ONCE = 16;
const CALLS = 10_000;
const MOST_GROWTH_BYTES = 2 * 1024 * 1024;

test("10,000 hostile calls: each ends as it should, the process lives, and its memory comes back", async () => {
  const { handles } = await look();
  await attackWith(CALLS / 5);
  const before = await look();
  assert.ok((await attackWith(CALLS)) >= CALLS);
  await isAnswering();
  let condition = await look();
  for (let wait = 0; condition.handles > handles && wait < 100; wait++) {
    await sleep(100);
    condition = await look();
  }
  assert.ok(condition.handles <= handles, `${condition.handles} handles, ${handles} at first`);
  const grownBytes = {
    heap: condition.heapBytes - before.heapBytes,
    external: condition.externalBytes - before.externalBytes,
  };
  assert.ok(grownBytes.heap < MOST_GROWTH_BYTES, `the heap has grown by ${grownBytes.heap} bytes`);
  assert.ok(grownBytes.external < MOST_GROWTH_BYTES, `${grownBytes.external} bytes outside of the heap`);
  assert.deepEqual(condition.unhandled, []);
  assert.deepEqual(condition.added, []);
});
