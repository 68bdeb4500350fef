/** A process of its own: handlers that lose the promise of their loop, and a client that cancels. */
import type { Flow } from "../../lib/flow/index.js";
import { type Item, startProbe } from "./probe.js";
import { until } from "./support.js";

process.removeAllListeners("unhandledRejection");

let loops = 0;
let ended = 0;
const probe = await startProbe({
  collect: (requests: Flow<Item>) => {
    loops += 1;
    const loop = async (): Promise<void> => {
      try {
        for await (const _ of requests);
      } finally {
        ended += 1;
      }
    };
    void loop();
    return new Promise(() => undefined);
  },
});
for (let n = 1; n <= 3; n++) {
  const call = probe.client.collect(() => undefined);
  call.write({});
  await until(() => loops === n, "the loop runs");
  call.cancel();
  await until(() => ended === n, "the loop ends");
}
await probe.stop();
console.log("survived");
