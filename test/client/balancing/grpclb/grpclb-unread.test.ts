/** A balancer that greets, lists, and never reads what it is told, over a real connection. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { staticResolver } from "../../../../lib/client/index.js";
import { grpclb } from "../../../../lib/client/service-config/policies.js";
import { type LoadBalanceResponseInit, LoadBalancer } from "../../../../lib/schema/index.js";
import { checkAtEnd, until } from "../../../server/support.js";
import { ManualClock, seeded } from "../../doubles.js";
import { callerOf, closeAtEnd, responseHeaders, startHttp2 } from "../../support.js";
import { LiveBackend, LiveBalancer, LiveName } from "./live-balancer.js";
import { entry } from "./support.js";

closeAtEnd();
checkAtEnd();

/** What a transport takes without it being read, and what fits into the window. */
const MOST_ON_THE_WAY = 128 + 10;

function framed(...responses: readonly LoadBalanceResponseInit[]): Buffer {
  const { response } = LoadBalancer.load().methods.find(({ localName }) => localName === "balanceLoad")!;
  return Buffer.concat(
    responses.map((message) => {
      const bytes = response.encode(message);
      const head = Buffer.alloc(5);
      head.writeUInt32BE(bytes.length, 1);
      return Buffer.concat([head, bytes]);
    }),
  );
}

test("reports to a balancer that does not read are not made: its successor is told what they would have said", async () => {
  const backend = await LiveBackend.start();
  const second = await LiveBalancer.start(100);
  second.list(entry(backend.address));
  const { server, address } = await startHttp2((stream) => {
    stream.respond(responseHeaders);
    stream.write(
      framed(
        { initialResponse: { clientStatsReportInterval: { seconds: 0, nanos: 100e6 } } },
        { serverList: { servers: [entry(backend.address)] } },
      ),
    );
  });
  server.updateSettings({ initialWindowSize: 64 });
  const name = new LiveName();
  const clock = new ManualClock();
  const { client, channel } = callerOf("static:///shop", {
    policy: grpclb(),
    random: seeded(1),
    resolvers: [staticResolver({ shop: name })],
    clock,
  });
  name.give([address]);
  const calls = 400;
  for (let i = 0; i < calls; i++) {
    await client.one({}, { waitForReady: true });
    clock.advance(100);
  }
  name.give([second.address]);
  await until(() => second.streams === 1, "the second balancer is asked");
  const inContact = () => channel.inspect().policy?.detail?.inContact === true;
  await until(inContact, "it has greeted");
  clock.advance(100);
  await until(() => second.reports.length > 0, "it is told");
  const told = Number(second.reports[0]!.numCallsStarted);
  assert.ok(told >= calls - MOST_ON_THE_WAY && told < calls, String(told));
});
