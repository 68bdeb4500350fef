/** An application in a process of its own, to be ended by signals; with an idle one beside it. */
import { NEVER } from "rxjs";
import { GrpcApplication, Module } from "../../lib/app/index.js";
import { Flow } from "../../lib/flow/index.js";
import { tcp } from "../../lib/server/index.js";
import { PROBE_PROTO, probeController } from "./probe.js";

class Hooked {
  onApplicationShutdown(signal?: string): void {
    console.log(`shutdown ${signal}`);
  }
}
class Root {}
Module({
  protos: [PROBE_PROTO],
  controllers: [
    probeController({
      many: (_request, call) =>
        new Flow((subscriber) => {
          call.sendHeaders();
          call.draining.addEventListener("abort", () => subscriber.complete());
        }),
      chat: (_requests, call) => {
        call.sendHeaders();
        return NEVER;
      },
    }),
  ],
  providers: [Hooked],
  listeners: [tcp({ port: 0 })],
})(Root);
class Beside {}
Module({ listeners: [tcp({ port: 0 })] })(Beside);
await (await GrpcApplication.create(Beside)).listen();

const app = await GrpcApplication.create(Root, { drainLimitMs: Number(process.argv[2]) });
const [bound] = await app.listen();
console.log(`listening on ${bound?.address}`);
