/** An application in a process of its own whose start waits for a line on standard input. */
import { once } from "node:events";
import { GrpcApplication, Module } from "../../lib/app/index.js";
import { tcp } from "../../lib/server/index.js";

class SlowStart {
  async onModuleInit(): Promise<void> {
    console.log("listening on nothing yet");
    await once(process.stdin, "data");
    process.stdin.unref();
  }
  onApplicationShutdown(signal?: string): void {
    console.log(`shutdown ${signal}`);
  }
}
class Root {}
Module({ providers: [SlowStart], listeners: [tcp({ port: 0 })] })(Root);
await (await GrpcApplication.create(Root)).listen();
