/** Grebe: one interceptor, validated classes on `Create`. */
import { count, finalize, map, type Observable } from "rxjs";
import {
  type CallContext,
  type CallHandler,
  type Flow,
  GrpcApplication,
  GrpcMethod,
  GrpcService,
  type Interceptor,
  Module,
  silentLogger,
  tcp,
} from "../../../lib/index.js";
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

class CountingInterceptor implements Interceptor {
  intercept(_call: CallContext, next: CallHandler): Observable<unknown> {
    const startMs = performance.now();
    return next.handle().pipe(finalize(() => countCall(startMs)));
  }
}

function* messages<T>(count: number, create: (id: number) => T): Iterable<T> {
  for (let id = 1; id <= count; id++) yield create(id);
}

@GrpcService("grebe.bench.Bench")
class BenchController {
  @GrpcMethod()
  echo(request: EchoMessage) {
    return toEchoReply(request);
  }

  @GrpcMethod()
  create(request: CreateForm) {
    return toCreateReply(request);
  }

  @GrpcMethod()
  streamSmall(request: StreamRequest) {
    return messages(request.count, createSmall);
  }

  @GrpcMethod()
  streamRich(request: StreamRequest) {
    return messages(request.count, createRich);
  }

  @GrpcMethod()
  collect(small: Flow<Small>) {
    return small.pipe(
      count(),
      map((total) => ({ count: total })),
    );
  }
}

@Module({ controllers: [BenchController], protos: [protoPath], listeners: [tcp({ port: 0 })] })
class BenchModule {}

const app = await GrpcApplication.create(BenchModule, {
  interceptors: [CountingInterceptor],
  logger: silentLogger,
});
const [listener] = await app.listen();
announce(listener!.port!);
