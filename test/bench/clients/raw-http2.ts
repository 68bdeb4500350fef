/** The floor: node:http2 that sends ready-made bytes, and compares what comes with the bytes that it should be. */
import { connect } from "node:http2";
import { createSmall, echoRequest, messagesPerCall, serviceName, toEchoReply } from "../payloads.js";
import { encodeFrame } from "../wire.js";
import { deadlineMs, type Ended, serverAddress, takeOrders } from "./control.js";

const session = connect(`http://${serverAddress}`);
const smalls = Buffer.concat(
  Array.from({ length: messagesPerCall }, (_, index) => encodeFrame("Small", createSmall(index + 1))),
);

function caller(rpc: string, body: Buffer, answer: Buffer): (ended: Ended) => void {
  const headers = {
    ":method": "POST",
    ":path": `/${serviceName}/${rpc}`,
    "content-type": "application/grpc+proto",
    te: "trailers",
    "grpc-timeout": `${deadlineMs}m`,
  };
  return (ended) => {
    const stream = session.request(headers);
    let received = 0;
    let isRight = true;
    let status = 2;
    stream.on("data", (chunk: Buffer) => {
      const end = received + chunk.length;
      if (answer.compare(chunk, 0, chunk.length, received, end) !== 0) isRight = false;
      received = end;
    });
    stream.on("trailers", (trailers) => {
      status = Number(trailers["grpc-status"] ?? 2);
    });
    stream.on("error", () => {
      status = 14;
    });
    stream.on("close", () => ended(status, isRight && received === answer.length));
    stream.end(body);
  };
}

takeOrders({
  "client-unary": caller(
    "Echo",
    encodeFrame("EchoRequest", echoRequest),
    encodeFrame("EchoReply", toEchoReply(echoRequest)),
  ),
  "client-collect": caller("Collect", smalls, encodeFrame("CollectReply", { count: messagesPerCall })),
  "client-stream64": caller("StreamSmall", encodeFrame("StreamRequest", { count: messagesPerCall }), smalls),
});
