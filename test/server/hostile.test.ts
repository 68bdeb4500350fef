import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { concatMap, type Flow } from "../../lib/flow/index.js";
import { formatStatusCode } from "../../lib/rpc/index.js";
import { hostileInputs } from "./hostile-inputs.js";
import { type Item, type Probe, startProbe } from "./probe.js";
import { RawClient } from "./raw-client.js";
import { checkAtEnd } from "./support.js";

let probe: Probe;
let client: RawClient;
before(async () => {
  probe = await startProbe({
    one: (request: Item) => request,
    many: (request: Item) => [request],
    collect: async (requests: Flow<Item>) => {
      let last: Item = {};
      for await (const item of requests) last = item;
      return last;
    },
    chat: (requests: Flow<Item>) => requests.pipe(concatMap(async (item) => item)),
  });
  client = new RawClient(probe.address);
});
after(async () => {
  await client.close();
  await probe.stop();
});
checkAtEnd();

for (const { name, rpc, body, headers, status, httpStatus = 200 } of hostileInputs) {
  const end = status === undefined ? `HTTP ${httpStatus}` : formatStatusCode(status);
  test(`${name} ends with ${end}`, async () => {
    const outcome = await client.send(rpc, body, headers);
    assert.deepEqual([outcome.httpStatus, outcome.status], [httpStatus, status], outcome.text);
  });
}
