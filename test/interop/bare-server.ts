/** The interop service on bare grpc-js and proto-loader: the official client cases must pass against it too. */
import {
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  status,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { MAX_RECEIVE_BYTES } from "./command.js";

interface Message {
  readonly responseSize?: number;
  readonly payload?: { readonly body: Buffer };
  readonly fillServerId?: boolean;
  readonly responseStatus?: { readonly code: number; readonly message: string } | null;
  readonly responseParameters?: readonly { readonly size: number; readonly intervalUs: number }[];
}

export interface BareServer {
  readonly port: number;
  close(): Promise<void>;
}

const definitions = loadSync("grpc/testing/test.proto", { includeDirs: ["proto"], defaults: true });
const zeros = (size: number) => ({ type: 0, body: Buffer.alloc(size) });

interface EchoingCall {
  readonly metadata: Metadata;
  sendMetadata(metadata: Metadata): void;
}

/** Echoes what the cases ask for; gives the trailers. */
function echo(call: EchoingCall): Metadata {
  const headers = new Metadata();
  const trailers = new Metadata();
  for (const value of call.metadata.get("x-grpc-test-echo-initial"))
    headers.add("x-grpc-test-echo-initial", value);
  for (const value of call.metadata.get("x-grpc-test-echo-trailing-bin")) {
    trailers.add("x-grpc-test-echo-trailing-bin", value);
  }
  call.sendMetadata(headers);
  return trailers;
}

const emptyCall: handleUnaryCall<Message, object> = (call, callback) => callback(null, {}, echo(call));

const unaryCall: handleUnaryCall<Message, object> = (call, callback) => {
  const trailers = echo(call);
  const { responseStatus, responseSize = 0 } = call.request;
  if (responseStatus && responseStatus.code !== 0) {
    callback({ code: responseStatus.code, details: responseStatus.message, metadata: trailers });
  } else callback(null, { payload: zeros(responseSize), serverId: `bare-${process.pid}` }, trailers);
};

const streamingInputCall: handleClientStreamingCall<Message, object> = (call, callback) => {
  let aggregatedPayloadSize = 0;
  call.on("data", ({ payload }: Message) => {
    aggregatedPayloadSize += payload?.body.length ?? 0;
  });
  call.on("error", () => undefined);
  call.on("end", () => callback(null, { aggregatedPayloadSize }));
};

const streamingOutputCall: handleServerStreamingCall<Message, object> = (call) => {
  for (const { size } of call.request.responseParameters ?? []) call.write({ payload: zeros(size) });
  call.end();
};

const fullDuplexCall: handleBidiStreamingCall<Message, object> = (call) => {
  const trailers = echo(call);
  call.on("error", () => undefined);
  call.on("data", ({ responseStatus, responseParameters = [] }: Message) => {
    if (responseStatus && responseStatus.code !== 0) {
      call.emit("error", { code: responseStatus.code, details: responseStatus.message, metadata: trailers });
      return;
    }
    for (const { size } of responseParameters) call.write({ payload: zeros(size) });
  });
  call.on("end", () => call.end(trailers));
};

export async function startBareServer(): Promise<BareServer> {
  const server = new Server({ "grpc.max_receive_message_length": MAX_RECEIVE_BYTES });
  server.addService(definitions["grpc.testing.TestService"] as ServiceDefinition, {
    emptyCall,
    unaryCall,
    streamingInputCall,
    streamingOutputCall,
    fullDuplexCall,
    unimplementedCall: (_call: unknown, callback: (error: object) => void) =>
      callback({ code: status.UNIMPLEMENTED, details: "unimplemented" }),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return {
    port,
    close: () => new Promise((resolve) => server.tryShutdown(() => resolve())),
  };
}
