/**
 * NestJS's ClientGrpc: one interceptor, which it takes for a channel option, and a deadline where it lets one through;
 * it has no place for options of a call whose requests are a stream.
 */
import "reflect-metadata";
import { type CallOptions, Metadata } from "@grpc/grpc-js";
import { type ClientGrpc, ClientProxyFactory, type GrpcOptions, Transport } from "@nestjs/microservices";
import { map, type Observable, range } from "rxjs";
import {
  createSmall,
  type EchoMessage,
  echoRequest,
  messagesPerCall,
  protoPath,
  type Small,
  type StreamRequest,
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

interface Bench {
  echo(request: EchoMessage, metadata: Metadata, options: CallOptions): Observable<EchoMessage>;
  streamSmall(request: StreamRequest, metadata: Metadata, options: CallOptions): Observable<Small>;
  collect(requests: Observable<Small>): Observable<{ count: number }>;
}

const options: GrpcOptions = {
  transport: Transport.GRPC,
  options: {
    url: serverAddress,
    package: "grebe.bench",
    protoPath,
    loader: loaderOptions,
    channelOptions: { interceptors: [countingInterceptor] } as object,
  },
};
const client = ClientProxyFactory.create(options) as unknown as ClientGrpc;
const bench = client.getService<Bench>("Bench");
const callOptions = (): CallOptions => ({ deadline: Date.now() + deadlineMs });

takeOrders({
  "client-unary": (ended) => {
    let isRight = false;
    bench.echo(echoRequest, new Metadata(), callOptions()).subscribe({
      next: (reply) => {
        isRight = isRightEcho(reply);
      },
      error: (error) => ended(toStatus(error), false),
      complete: () => ended(0, isRight),
    });
  },

  "client-collect": (ended) => {
    let isRight = false;
    bench.collect(range(1, messagesPerCall).pipe(map(createSmall))).subscribe({
      next: (reply) => {
        isRight = isRightCount(reply);
      },
      error: (error) => ended(toStatus(error), false),
      complete: () => ended(0, isRight),
    });
  },

  "client-stream64": (ended) => {
    const check = new SmallCheck();
    bench.streamSmall({ count: messagesPerCall }, new Metadata(), callOptions()).subscribe({
      next: (message) => check.take(message),
      error: (error) => ended(toStatus(error), false),
      complete: () => ended(0, check.isRight),
    });
  },
});
