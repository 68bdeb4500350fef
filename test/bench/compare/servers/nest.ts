/** NestJS's gRPC microservice, as its documentation writes it. */
import "reflect-metadata";
import { createServer } from "node:net";
import {
  type CanActivate,
  Controller,
  Injectable,
  Module,
  UseGuards,
  UsePipes,
  ValidationPipe,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import {
  GrpcMethod,
  GrpcNotFoundException,
  type GrpcOptions,
  GrpcStatus,
  GrpcStreamMethod,
  RpcException,
  Transport,
} from "@nestjs/microservices";
import { concatMap, count, EMPTY, from, map, type Observable, of } from "rxjs";
import {
  type Ask,
  createItem,
  type Item,
  look,
  packageName,
  protoPath,
  scan,
  store,
  type Table,
  watch,
  work,
} from "../messages.js";
import { announce, isHalf } from "./control.js";
import { Form } from "./form.js";

@Injectable()
class RefuseAll implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Controller()
class ProbeController {
  @GrpcMethod("Probe")
  nothing(): Observable<Item> {
    return EMPTY;
  }

  @GrpcMethod("Probe")
  twice(): Observable<Item> {
    return of(createItem(1), createItem(2));
  }

  @GrpcMethod("Probe")
  @UseGuards(RefuseAll)
  guarded(): Item {
    return createItem(1);
  }

  @GrpcMethod("Probe")
  @UsePipes(new ValidationPipe({ transform: true }))
  register(_form: Form): Item {
    return createItem(1);
  }

  @GrpcMethod("Probe")
  find(ask: Ask): Item {
    if (ask.way === "code") throw new RpcException({ code: GrpcStatus.NOT_FOUND, message: "no such item" });
    throw new GrpcNotFoundException("no such item");
  }

  @GrpcMethod("Probe")
  slow(): Observable<Item> {
    return work();
  }

  @GrpcMethod("Probe")
  reflect(table: Table): Table {
    return look(table);
  }

  @GrpcStreamMethod("Probe")
  upload(items: Observable<Item>) {
    return items.pipe(
      concatMap((item) => store(item)),
      count(),
      map((total) => ({ count: total })),
    );
  }

  @GrpcMethod("Probe")
  scan(): Observable<Item> {
    return from(scan());
  }

  @GrpcMethod("Probe")
  watch(): Observable<Item> {
    return watch();
  }
}

@Controller()
class HalfController {
  @GrpcMethod("Half")
  done(): Item {
    return createItem(1);
  }
}

@Module({ controllers: [isHalf ? HalfController : ProbeController] })
class CompareModule {}

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
    package: packageName,
    protoPath,
    loader: { longs: String, enums: String, defaults: true, oneofs: true },
  },
};
const app = await NestFactory.createMicroservice<GrpcOptions>(CompareModule, { ...options, logger: false });
await app.listen();
announce(port);
