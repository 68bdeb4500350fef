/** Grebe, without any options. */
import { count, EMPTY, concatMap as eagerConcatMap, map, type Observable, of } from "rxjs";
import {
  type CallContext,
  concatMap,
  type Flow,
  GrpcApplication,
  GrpcMethod,
  GrpcService,
  type Guard,
  Module,
  StatusError,
  silentLogger,
  tcp,
  UseGuards,
} from "../../../../lib/index.js";
import {
  type Ask,
  createItem,
  type Item,
  look,
  protoPath,
  scan,
  store,
  type Table,
  watch,
  work,
} from "../messages.js";
import { announce, isHalf } from "./control.js";
import { Form } from "./form.js";

class RefuseAll implements Guard {
  canActivate(): boolean {
    return false;
  }
}

@GrpcService("grebe.compare.Probe")
class ProbeController {
  @GrpcMethod()
  nothing(): Observable<Item> {
    return EMPTY;
  }

  @GrpcMethod()
  twice(): Observable<Item> {
    return of(createItem(1), createItem(2));
  }

  @GrpcMethod()
  @UseGuards(RefuseAll)
  guarded(): Item {
    return createItem(1);
  }

  @GrpcMethod()
  register(_form: Form): Item {
    return createItem(1);
  }

  @GrpcMethod()
  find(_ask: Ask): Item {
    throw StatusError.notFound("no such item");
  }

  @GrpcMethod()
  slow(): Observable<Item> {
    return work();
  }

  @GrpcMethod()
  reflect(table: Table): Table {
    return look(table);
  }

  @GrpcMethod()
  upload(items: Flow<Item>, call: CallContext) {
    // rxjs's own operator does not wait: the one line to change in a handler that comes from elsewhere.
    const inOrder = call.metadata.get("way")[0] === "other" ? eagerConcatMap : concatMap;
    return items.pipe(
      inOrder((item: Item) => store(item)),
      count(),
      map((total) => ({ count: total })),
    );
  }

  @GrpcMethod()
  scan(): AsyncIterable<Item> {
    return scan();
  }

  @GrpcMethod()
  watch(): Observable<Item> {
    return watch();
  }
}

@GrpcService("grebe.compare.Half")
class HalfController {
  @GrpcMethod()
  done(): Item {
    return createItem(1);
  }
}

@Module({
  controllers: [isHalf ? HalfController : ProbeController],
  protos: [protoPath],
  listeners: [tcp({ port: 0 })],
})
class CompareModule {}

const app = await GrpcApplication.create(CompareModule, { logger: silentLogger });
const [listener] = await app.listen();
announce(listener!.port!);
