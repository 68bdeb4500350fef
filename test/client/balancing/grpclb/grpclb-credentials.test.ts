/** Calls whose credentials fail, and what balancers see of them, over real connections. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type CallCredentials, grpclb, staticResolver } from "../../../../lib/client/index.js";
import { Metadata, StatusCode } from "../../../../lib/rpc/index.js";
import { tcp } from "../../../../lib/server/index.js";
import { checkAtEnd, until } from "../../../server/support.js";
import { callerOf, closeAtEnd, failureOf, type ProbeClient } from "../../support.js";
import { LiveBackend, LiveBalancer, LiveName } from "./live-balancer.js";
import { entry } from "./support.js";

closeAtEnd();
checkAtEnd();

const secure = () => tcp({ port: 0, tls: { cert: "test/certs/server.crt", key: "test/certs/server.key" } });

async function endOf(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

const modes: Record<string, (client: ProbeClient) => Promise<unknown>> = {
  StatsUnaryFailedToSend: (client) => client.one({}, { waitForReady: true }),
  StatsStreamingFailedToSend: (client) => endOf(client.chat([{}], { waitForReady: true })),
};

for (const [name, call] of Object.entries(modes)) {
  test(`${name}: one call is answered, 39 fail in their credentials; balancers see no credentials`, async () => {
    const backend = await LiveBackend.start(secure());
    const balancer = await LiveBalancer.start(100, secure());
    balancer.list(entry(backend.address));
    const shop = new LiveName();
    shop.give([balancer.address]);
    let asked = 0;
    const callCredentials: CallCredentials = {
      generateMetadata: async () => {
        if (asked++ > 0) throw new Error("no token");
        const metadata = new Metadata();
        metadata.set("authorization", "Bearer token");
        return metadata;
      },
    };
    const { client } = callerOf("static:///localhost", {
      ...{ policy: grpclb(), tls: { ca: "test/certs/ca.crt" }, callCredentials },
      resolvers: [staticResolver({ localhost: shop })],
    });
    await call(client);
    for (let i = 0; i < 39; i++) {
      assert.equal((await failureOf(call(client))).code, StatusCode.UNAUTHENTICATED);
    }
    assert.equal(backend.calls, 1);
    await until(() => balancer.told.finished >= 40, "all is reported");
    assert.deepEqual(balancer.told, { started: 40, finished: 40, failedToSend: 39, known: 1 });
    assert.deepEqual(balancer.proofs, []);
  });
}
