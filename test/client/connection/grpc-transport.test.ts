/** What is relied upon of grpc-js's transport, which has no public name: an upgrade that changes it fails here. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { test } from "node:test";
import * as transport from "@grpc/grpc-js/build/src/transport.js";
import { connectTransport, type TransportOptions } from "../../../lib/client/connection/grpc-transport.js";
import type { Metadata } from "../../../lib/rpc/index.js";
import { checkAtEnd, deferred, until } from "../../server/support.js";
import { closeAtEnd, reply, startHttp2 } from "../support.js";

closeAtEnd();
checkAtEnd();

const options: TransportOptions = {
  secure: undefined,
  userAgent: "test",
  maxReceiveBytes: -1,
  flowControlWindow: 65_535,
  keepalive: undefined,
};
const toAddress = (text: string) => ({ host: text.split(":")[0]!, port: Number(text.split(":")[1]) });
const never = new AbortController().signal;
const noop = (): void => undefined;

test("its connector is where it is imported from", () => {
  assert.equal(typeof transport.Http2SubchannelConnector, "function");
  assert.equal(transport.Http2SubchannelConnector.prototype.connect.length, 3);
});

test("a stream carries our headers and frames as they are, and tells headers, frames and the status", async () => {
  const seen: Record<string, unknown> = {};
  const frame = Buffer.from([0, 0, 0, 0, 1, 7]);
  const { address } = await startHttp2((stream, headers) => {
    Object.assign(seen, headers);
    stream.on("data", (bytes: Buffer) => assert.deepEqual(bytes, frame));
    stream.on("end", () => reply(stream, frame, { "x-end": "1" }));
  });
  const connection = await connectTransport(toAddress(address), options, never, noop);
  const events: unknown[] = [];
  const ended = deferred();
  const stream = connection.open(
    "/a.B/C",
    "who",
    { "grpc-timeout": "1S", "x-list": ["1", "2"] },
    {
      onReceiveMetadata: (metadata: Metadata) => events.push(metadata.get("content-type")[0]),
      onReceiveMessage: (received) => {
        events.push([...received]);
        stream.startRead();
      },
      onReceiveStatus: ({ code, metadata }) => {
        events.push([code, metadata.get("x-end")[0]]);
        ended.resolve();
      },
    },
  );
  let written = 0;
  stream.send(frame, () => (written += 1));
  stream.halfClose();
  stream.startRead();
  await ended.promise;
  assert.deepEqual(events, ["application/grpc", [...frame], [0, "1"]]);
  assert.equal(written, 1);
  assert.equal(seen[":path"], "/a.B/C");
  assert.equal(seen[":authority"], "who");
  assert.equal(seen["grpc-timeout"], "1S");
  assert.equal(seen["x-list"], "1, 2");
  assert.equal(seen["content-type"], "application/grpc");
  assert.match(String(seen["user-agent"]), /^test grpc-node-js\//);
  connection.close();
});

test("aborting ends a connection at whatever stage it is in, before its socket exists too", async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", noop);
    socket.resume();
  }).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  const abort = new AbortController();
  const waiting = connectTransport({ host: "127.0.0.1", port }, options, abort.signal, noop);
  await until(() => sockets.length === 1, "it is accepted");
  abort.abort(new Error("too slow"));
  await assert.rejects(waiting, /too slow/);
  await once(sockets[0]!, "close");
  const early = new AbortController();
  const never2 = connectTransport({ host: "127.0.0.1", port }, options, early.signal, noop);
  early.abort(new Error("changed my mind"));
  await assert.rejects(never2, /changed my mind/);
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(sockets.length, 1, "no second socket");
  silent.close();
});

test("a refused connection is an error in words, without grpc-js's time behind it", async () => {
  await assert.rejects(
    connectTransport({ host: "127.0.0.1", port: 1 }, options, never, noop),
    (error: Error) => /ECONNREFUSED 127\.0\.0\.1:1$/.test(error.message),
  );
});
