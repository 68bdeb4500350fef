/** Bare grpc-js with proto-loader: a deadline and one interceptor. */
import * as grpc from "@grpc/grpc-js";
import { loadSync, type ServiceDefinition } from "@grpc/proto-loader";
import {
  createSmall,
  type EchoMessage,
  echoRequest,
  messagesPerCall,
  protoPath,
  type Small,
  type StreamRequest,
  serviceName,
} from "../payloads.js";
import {
  deadlineMs,
  isRightCount,
  isRightEcho,
  SmallCheck,
  serverAddress,
  takeOrders,
  toStatus,
} from "./control.js";
import { countingInterceptor, loaderOptions } from "./grpc-js-parts.js";

interface Rpc<Request, Response> {
  readonly path: string;
  readonly requestSerialize: (request: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

const service = loadSync(protoPath, loaderOptions)[serviceName] as ServiceDefinition;
const echo = service.Echo as Rpc<EchoMessage, EchoMessage>;
const collect = service.Collect as Rpc<Small, { count: number }>;
const streamSmall = service.StreamSmall as Rpc<StreamRequest, Small>;

const client = new grpc.Client(serverAddress, grpc.credentials.createInsecure(), {
  interceptors: [countingInterceptor],
});
const options = (): grpc.CallOptions => ({ deadline: Date.now() + deadlineMs });

takeOrders({
  "client-unary": (ended) => {
    client.makeUnaryRequest(
      echo.path,
      echo.requestSerialize,
      echo.responseDeserialize,
      echoRequest,
      options(),
      (error, reply) => (error === null ? ended(0, isRightEcho(reply)) : ended(error.code, false)),
    );
  },

  "client-collect": (ended) => {
    const call = client.makeClientStreamRequest(
      collect.path,
      collect.requestSerialize,
      collect.responseDeserialize,
      options(),
      (error, reply) => (error === null ? ended(0, isRightCount(reply)) : ended(error.code, false)),
    );
    let sent = 0;
    const write = (): void => {
      while (sent < messagesPerCall) {
        sent += 1;
        if (!call.write(createSmall(sent))) {
          call.once("drain", write);
          return;
        }
      }
      call.end();
    };
    write();
  },

  "client-stream64": (ended) => {
    const check = new SmallCheck();
    const call = client.makeServerStreamRequest(
      streamSmall.path,
      streamSmall.requestSerialize,
      streamSmall.responseDeserialize,
      { count: messagesPerCall },
      options(),
    );
    call.on("data", (message: Small) => check.take(message));
    // The end comes also behind an error.
    let status = 0;
    call.on("error", (error) => {
      status = toStatus(error);
    });
    call.on("end", () => ended(status, check.isRight));
  },
});
