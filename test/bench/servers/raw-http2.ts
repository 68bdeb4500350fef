/**
 * The floor: node:http2 that answers with ready-made bytes and the headers that a gRPC reply needs. It decodes
 * nothing beyond what it must know: how many messages are wanted, or how many bytes came in.
 */
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import {
  createRequest,
  createRich,
  createSmall,
  echoRequest,
  type StreamRequest,
  serviceName,
  toCreateReply,
  toEchoReply,
} from "../payloads.js";
import { decodeMessage, encodeFrame, splitFrames } from "../wire.js";
import { announce } from "./control.js";

const echoReply = encodeFrame("EchoReply", toEchoReply(echoRequest));
const createReply = encodeFrame("CreateReply", toCreateReply(createRequest));
const smallBytes = encodeFrame("Small", createSmall(1)).length;
const bodies = new Map<string, Buffer>();

type Responder = (request: Buffer[]) => Buffer;

const responders: Record<string, Responder> = {
  [`/${serviceName}/Echo`]: () => echoReply,
  [`/${serviceName}/Create`]: () => createReply,
  [`/${serviceName}/StreamSmall`]: (request) => repeat("Small", createSmall, request),
  [`/${serviceName}/StreamRich`]: (request) => repeat("Rich", createRich, request),
  [`/${serviceName}/Collect`]: (request) => {
    const bytes = request.reduce((sum, chunk) => sum + chunk.length, 0);
    return encodeFrame("CollectReply", { count: bytes / smallBytes });
  },
};

function repeat(typeName: string, create: (sequence: number) => object, request: Buffer[]): Buffer {
  const { count } = decodeMessage("StreamRequest", splitFrames(Buffer.concat(request))[0]!) as StreamRequest;
  const key = `${typeName} ${count}`;
  let body = bodies.get(key);
  if (body === undefined) {
    body = Buffer.concat(
      Array.from({ length: count }, (_, index) => encodeFrame(typeName, create(index + 1))),
    );
    bodies.set(key, body);
  }
  return body;
}

const responseHeaders = { ":status": 200, "content-type": "application/grpc+proto" };
const trailers = { "grpc-status": "0", "grpc-message": "OK" };

const server = createServer();
server.on("stream", (stream: ServerHttp2Stream, headers) => {
  const responder = responders[headers[":path"] ?? ""];
  if (responder === undefined) {
    stream.respond({ ...responseHeaders, "grpc-status": "12" }, { endStream: true });
    return;
  }
  const request: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => request.push(chunk));
  stream.on("end", () => {
    stream.respond(responseHeaders, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    stream.end(responder(request));
  });
});
server.listen(0, "127.0.0.1", () => announce((server.address() as AddressInfo).port));
