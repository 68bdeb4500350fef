/** NestJS's gRPC microservice: one interceptor, ValidationPipe with class-transformer where it validates. */
import "reflect-metadata";
import { createServer } from "node:net";
import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  Injectable,
  Module,
  type NestInterceptor,
  UsePipes,
  ValidationPipe,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { GrpcMethod, type GrpcOptions, GrpcStreamMethod, Transport } from "@nestjs/microservices";
import { count, finalize, map, type Observable, range } from "rxjs";
import {
  createRich,
  createSmall,
  type EchoMessage,
  protoPath,
  type Small,
  type StreamRequest,
  toCreateReply,
  toEchoReply,
} from "../payloads.js";
import { announce, countCall } from "./control.js";
import { CreateForm } from "./create-form.js";

@Injectable()
class CountingInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const startMs = performance.now();
    return next.handle().pipe(finalize(() => countCall(startMs)));
  }
}

@Controller()
class BenchController {
  @GrpcMethod("Bench")
  echo(request: EchoMessage) {
    return toEchoReply(request);
  }

  // Not application-wide: there the pipe would take a request stream for an object to transform.
  @GrpcMethod("Bench")
  @UsePipes(new ValidationPipe({ transform: true }))
  create(request: CreateForm) {
    return toCreateReply(request);
  }

  @GrpcMethod("Bench")
  streamSmall(request: StreamRequest) {
    return range(1, request.count).pipe(map(createSmall));
  }

  @GrpcMethod("Bench")
  streamRich(request: StreamRequest) {
    return range(1, request.count).pipe(map(createRich));
  }

  @GrpcStreamMethod("Bench")
  collect(messages: Observable<Small>) {
    return messages.pipe(
      count(),
      map((total) => ({ count: total })),
    );
  }
}

@Module({ controllers: [BenchController] })
class BenchModule {}

/** Nest does not say which port it got, so one is looked for beforehand. */
function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

const port = await findFreePort();
const options: GrpcOptions = {
  transport: Transport.GRPC,
  options: {
    url: `127.0.0.1:${port}`,
    package: "grebe.bench",
    protoPath,
    loader: { longs: String, enums: String, defaults: true, oneofs: true },
  },
};
const app = await NestFactory.createMicroservice<GrpcOptions>(BenchModule, { ...options, logger: false });
app.useGlobalInterceptors(new CountingInterceptor());
await app.listen();
announce(port);
