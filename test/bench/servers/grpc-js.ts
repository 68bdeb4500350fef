/** Bare grpc-js with proto-loader, options and handlers as most services have them. */
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import {
  type CreateReply,
  type CreateRequest,
  createRich,
  createSmall,
  type EchoMessage,
  protoPath,
  type Rich,
  type Small,
  type StreamRequest,
  serviceName,
  toCreateReply,
  toEchoReply,
} from "../payloads.js";
import { announce } from "./control.js";

const definitions = loadSync(protoPath, { longs: String, enums: String, defaults: true, oneofs: true });
const server = new grpc.Server();

server.addService(definitions[serviceName] as grpc.ServiceDefinition, {
  echo(call: grpc.ServerUnaryCall<EchoMessage, EchoMessage>, reply: grpc.sendUnaryData<EchoMessage>) {
    reply(null, toEchoReply(call.request));
  },

  create(call: grpc.ServerUnaryCall<CreateRequest, CreateReply>, reply: grpc.sendUnaryData<CreateReply>) {
    reply(null, toCreateReply(call.request));
  },

  streamSmall(call: grpc.ServerWritableStream<StreamRequest, Small>) {
    writeAll(call, createSmall);
  },

  streamRich(call: grpc.ServerWritableStream<StreamRequest, Rich>) {
    writeAll(call, createRich);
  },

  collect(
    call: grpc.ServerReadableStream<Small, { count: number }>,
    reply: grpc.sendUnaryData<{ count: number }>,
  ) {
    let count = 0;
    call.on("data", () => {
      count += 1;
    });
    call.on("end", () => reply(null, { count }));
  },
});

function writeAll<T>(
  call: grpc.ServerWritableStream<StreamRequest, T>,
  create: (sequence: number) => T,
): void {
  let sent = 0;
  const write = (): void => {
    while (sent < call.request.count) {
      sent += 1;
      if (!call.write(create(sent))) {
        call.once("drain", write);
        return;
      }
    }
    call.end();
  };
  write();
}

server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  announce(port);
});
