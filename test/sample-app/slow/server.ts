/** Serves Atlas, and a service with slow handlers, in a process of its own. */
import {
  type CallContext,
  type CallHandler,
  concatMap,
  Flow,
  GrpcMethod,
  GrpcService,
  type Interceptor,
  Module,
  silentLogger,
} from "grebe";
import { createTestingApp } from "grebe/testing";
import { last, type Observable, tap } from "rxjs";
import { AppModule } from "../../../sample-app/app.module.js";
import { AUDIT_LOG } from "../../../sample-app/atlas/audit.interceptor.js";
import { CityIndex } from "../../../sample-app/cities/city-index.js";
import { answerSamples, createPace, PAUSE_MS } from "./process.js";

/** `produced` by handlers that answer with streams, `handled` by those that read them. */
const counts = { produced: 0, handled: 0 };

interface Item {
  readonly number?: number;
  readonly payload?: Buffer;
}

@GrpcService("grebe.test.Probe", { unimplemented: ["One", "Many", "Nothing"] })
class SlowController {
  @GrpcMethod()
  async collect(items: Flow<Item>, call: CallContext): Promise<Item> {
    const pace = createPace(PAUSE_MS);
    const handle = async (): Promise<Item> => {
      await pace();
      return { number: ++counts.handled };
    };
    if (call.metadata.get("style")[0] === "concatMap") {
      await new Promise<void>((resolve, reject) => {
        items.pipe(concatMap(handle), last()).subscribe({ error: reject, complete: resolve });
      });
    } else {
      for await (const _ of items) await handle();
    }
    return { number: counts.handled };
  }

  @GrpcMethod()
  chat(items: Flow<Item>): Observable<Item> {
    const pace = createPace(PAUSE_MS * 5);
    return items.pipe(
      concatMap(async (item) => {
        await pace();
        counts.handled++;
        return item;
      }),
    );
  }
}

class CountingInterceptor implements Interceptor {
  intercept(_call: CallContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(tap(() => counts.produced++));
  }
}

@Module({ imports: [AppModule], controllers: [SlowController], protos: ["test/protos/probe.proto"] })
class SlowModule {}

const builder = createTestingApp(SlowModule, { interceptors: [CountingInterceptor] });
builder.override(AUDIT_LOG, silentLogger);
// The cities would only hide how little memory the others need.
if (process.argv[2] !== "serverStreaming") builder.override(CityIndex, new CityIndex([]));
const app = await builder.start();
answerSamples(counts);
process.send?.(app.address);
