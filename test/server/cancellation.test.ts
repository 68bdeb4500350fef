import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { concat, finalize, interval, map, NEVER, of } from "rxjs";
import { concatMap, Flow } from "../../lib/flow/index.js";
import { type CallContext, StatusCode, StatusError } from "../../lib/rpc/index.js";
import { type Item, type Mode, modes, type Probe, startProbe } from "./probe.js";
import { itemFrame, RawClient, rawOutcome } from "./raw-client.js";
import { checkAtEnd, recordingLogger, turn, until } from "./support.js";

const logger = recordingLogger();
let answer: (request: never, call: CallContext) => unknown = () => ({});
let probe: Probe;
before(async () => {
  const handler = (request: never, call: CallContext) => answer(request, call);
  probe = await startProbe({ one: handler, many: handler, collect: handler, chat: handler }, { logger });
});
after(() => probe.stop());
checkAtEnd();

const rpcs: Record<Mode, string> = { one: "One", many: "Many", collect: "Collect", chat: "Chat" };

/** What a handler that never ends sees of the end of its call. */
function watching(mode: Mode) {
  const seen = {
    call: undefined as CallContext | undefined,
    unsubscribed: false,
    requestError: undefined as unknown,
    received: 0,
  };
  answer = (request: unknown, call) => {
    seen.call = call;
    void call.signal;
    if (mode === "collect" || mode === "chat") {
      (request as Flow<Item>).subscribe({
        next: () => void seen.received++,
        error: (error: unknown) => {
          seen.requestError = error;
        },
      });
    }
    return concat(mode === "many" || mode === "chat" ? of({ number: 1 }) : [], NEVER).pipe(
      finalize(() => {
        seen.unsubscribed = true;
      }),
    );
  };
  return seen;
}

function checkEnded(mode: Mode, seen: ReturnType<typeof watching>, code: StatusCode): void {
  assert.ok(seen.unsubscribed, "unsubscribed");
  assert.ok(seen.call?.signal.aborted, "aborted");
  assert.ok(seen.call.signal.reason instanceof StatusError);
  assert.equal(seen.call.signal.reason.code, code);
  if (mode === "collect" || mode === "chat") {
    assert.ok(seen.requestError instanceof StatusError, "the request flow has failed");
    assert.equal(seen.requestError.code, code);
  }
}

for (const mode of modes) {
  for (const [how, leave] of [
    ["resets the stream", (_client: RawClient, stream: { close(code: number): void }) => stream.close(8)],
    ["destroys its socket", (client: RawClient) => client.socket.destroy()],
    ["closes its session at once", (client: RawClient) => client.session.destroy()],
  ] as const) {
    test(`${mode}: when the peer ${how}, everything of the call ends together`, async () => {
      const seen = watching(mode);
      const client = new RawClient(probe.address);
      const stream = client.open(rpcs[mode]);
      if (mode === "one" || mode === "many") stream.end(itemFrame({ number: 1 }));
      else stream.write(itemFrame({ number: 1 }));
      await until(() => seen.call !== undefined, "the handler runs");
      leave(client, stream);
      await until(() => seen.call?.signal.aborted === true, "the call is aborted");
      await turn();
      checkEnded(mode, seen, StatusCode.CANCELLED);
      await client.close();
    });
  }

  test(`${mode}: when the deadline is over, everything of the call ends with DEADLINE_EXCEEDED`, async () => {
    const seen = watching(mode);
    const client = new RawClient(probe.address);
    const stream = client.open(rpcs[mode], { "grpc-timeout": "40m" });
    if (mode === "one" || mode === "many") stream.end(itemFrame({ number: 1 }));
    else stream.write(itemFrame({ number: 1 }));
    const outcome = await rawOutcome(stream);
    assert.equal(outcome.status, StatusCode.DEADLINE_EXCEEDED);
    await turn();
    checkEnded(mode, seen, StatusCode.DEADLINE_EXCEEDED);
    await client.close();
  });

  test(`${mode}: call.fail ends the call as a throw would, once`, async () => {
    const seen = watching(mode);
    const pending = probe.client.inMode(mode);
    await until(() => seen.call !== undefined, "the handler runs");
    seen.call?.fail(StatusError.aborted("from outside"));
    seen.call?.fail(StatusError.aborted("too late"));
    const { status } = await pending;
    assert.equal(status.code, StatusCode.ABORTED);
    assert.equal(status.details, "from outside");
    assert.ok(seen.unsubscribed);
    assert.ok(seen.call?.signal.aborted);
  });

  test(`${mode}: the signal does not abort on a good end`, async () => {
    let signal: AbortSignal | undefined;
    answer = (_request, call) => {
      signal = call.signal;
      return mode === "one" || mode === "collect" ? {} : [{}];
    };
    const { status } = await probe.client.inMode(mode);
    assert.equal(status.code, StatusCode.OK);
    await turn();
    assert.equal(signal?.aborted, false);
  });
}

test("a deadline is kept while a peer does not read: the producer stops in time", async () => {
  let unsubscribed = false;
  answer = () =>
    new Flow((subscriber, demand) => {
      const more = () => {
        while (demand.open && !subscriber.closed) subscriber.next({ payload: Buffer.alloc(1000) });
        if (!subscriber.closed) demand.whenOpen(more);
      };
      subscriber.add(() => {
        unsubscribed = true;
      });
      more();
    });
  const client = new RawClient(probe.address);
  const stream = client.open("Many", { "grpc-timeout": "100m" });
  stream.end(itemFrame({}));
  stream.pause();
  await until(() => unsubscribed, "the producer is stopped");
  await client.close();
});

test("messages written while the deadline passes do not turn it into another error", async () => {
  answer = () => interval(0).pipe(map((number) => ({ number })));
  for (let n = 0; n < 10; n++) {
    const client = new RawClient(probe.address);
    const stream = client.open("Many", { "grpc-timeout": `${20 + n}m` });
    stream.end(itemFrame({}));
    const outcome = await rawOutcome(stream);
    assert.deepEqual(
      { status: outcome.status, resetCode: outcome.resetCode },
      { status: StatusCode.DEADLINE_EXCEEDED, resetCode: 0 },
    );
    await client.close();
  }
});

test("a generator's finally runs when the peer is gone", async () => {
  for (const make of [
    async function* (ended: () => void) {
      try {
        for (let number = 0; ; number++) {
          yield { number };
          await turn();
        }
      } finally {
        ended();
      }
    },
    function* (ended: () => void) {
      try {
        for (let number = 0; ; number++) yield { number };
      } finally {
        ended();
      }
    },
  ]) {
    let ended = false;
    answer = () =>
      make(() => {
        ended = true;
      });
    const call = probe.client.many({});
    call.on("error", () => undefined);
    call.once("data", () => call.cancel());
    await until(() => ended, "the generator has ended");
  }
});

test("for await over the requests throws CANCELLED when the peer is gone", async () => {
  let thrown: unknown;
  let received = 0;
  answer = async (requests: Flow<Item>) => {
    try {
      for await (const _ of requests) received += 1;
    } catch (error) {
      thrown = error;
      throw error;
    }
    return {};
  };
  logger.lines.length = 0;
  const call = probe.client.collect(() => undefined);
  call.write({});
  await until(() => received === 1, "the loop runs");
  call.cancel();
  await until(() => thrown !== undefined, "the loop ends");
  assert.ok(thrown instanceof StatusError);
  assert.equal(thrown.code, StatusCode.CANCELLED);
  assert.deepEqual(logger.lines, []);
});

test("outer work stops too: concatMap's current piece is unsubscribed", async () => {
  let ended = 0;
  let started = 0;
  answer = (requests: Flow<Item>) =>
    requests.pipe(
      concatMap(() => {
        started += 1;
        return NEVER.pipe(finalize(() => void ended++));
      }),
    );
  const call = probe.client.chat();
  call.on("error", () => undefined);
  call.write({});
  await until(() => started === 1, "the piece runs");
  call.cancel();
  await until(() => ended === 1, "the piece is unsubscribed");
});

test("a handler that is through before the peer stops sending takes no further messages, and the call ends well", async () => {
  for (const mode of ["collect", "chat"] as const) {
    let received = 0;
    answer = async (requests: Flow<Item>) => {
      for await (const _ of requests) if (++received === 3) break;
      return mode === "collect" ? { number: received } : [{ number: received }];
    };
    const client = new RawClient(probe.address);
    const stream = client.open(rpcs[mode]);
    const outcome = rawOutcome(stream);
    const message = itemFrame({ payload: Buffer.alloc(10_000) });
    let sent = 0;
    const send = (): void => {
      if (stream.closed || stream.destroyed || sent > 2000) return;
      sent += 1;
      stream.write(message, () => setImmediate(send));
    };
    send();
    const { status } = await outcome;
    assert.equal(status, StatusCode.OK);
    assert.equal(received, 3);
    assert.ok(sent < 200, `${sent} messages were taken`);
    await client.close();
  }
});

test("a peer that goes on sending after the status is reset", async () => {
  answer = async () => ({ number: 1 });
  const client = new RawClient(probe.address);
  const stream = client.open("Collect");
  const outcome = rawOutcome(stream, false);
  const message = itemFrame({ payload: Buffer.alloc(10_000) });
  const send = (): void => {
    if (!stream.closed) stream.write(message, () => setImmediate(send));
  };
  send();
  const { status, resetCode } = await outcome;
  assert.equal(status, StatusCode.OK);
  assert.equal(resetCode, 0);
  await client.close();
});

test("early end of a stream that the peer keeps half open does not hold up grpc-js's client either", async () => {
  answer = async () => ({ number: 1 });
  const result = await new Promise((resolve, reject) => {
    const call = probe.client.collect((error, value) => (error ? reject(error) : resolve(value?.["number"])));
    call.write({});
  });
  assert.equal(result, 1);
});

test("a loop over the requests that nobody awaits does not end the process when the call is cancelled", async () => {
  const child = spawn(process.execPath, [fileURLToPath(new URL("./floating-loop.js", import.meta.url))], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (output += chunk));
  const code = await new Promise((resolve) => child.on("close", resolve));
  assert.equal(code, 0, output);
  assert.match(output, /survived/);
});
