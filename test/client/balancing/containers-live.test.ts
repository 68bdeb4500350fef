/** Policies that choose by hash, name and priority, over real connections. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ChannelOptions, Endpoint, ResolverDefinition } from "../../../lib/client/index.js";
import { fixed } from "../../../lib/client/naming/static-resolver.js";
import { type Probe, startProbe } from "../../server/probe.js";
import { checkAtEnd } from "../../server/support.js";
import { endpoints, seeded } from "../doubles.js";
import { callerOf, closeAtEnd, type ProbeClient } from "../support.js";

const servers: Probe[] = [];
const served: number[] = [];

before(async () => {
  for (let i = 0; i < 3; i++) {
    served.push(0);
    const one = (request: unknown) => {
      served[i]! += 1;
      return request;
    };
    servers.push(await startProbe({ one }));
  }
});
closeAtEnd();
after(() => Promise.all(servers.map((server) => server.stop())));
checkAtEnd();

/** A client of `fleet:///`, which stands for the given list. */
function clientOf(list: readonly Endpoint[], options: ChannelOptions): ReturnType<typeof callerOf> {
  const fleet: ResolverDefinition = {
    scheme: "fleet",
    resolver: { resolve: () => fixed({ endpoints: list }) },
  };
  return callerOf("fleet:///all", { random: seeded(1), ...options, resolvers: [fleet] });
}

const listed = (extra: (i: number) => Partial<Endpoint>) =>
  endpoints(...servers.map(({ address }) => address)).map((endpoint, i) => ({ ...endpoint, ...extra(i) }));

/** How many of the calls each server got. */
async function countsOf(calls: () => Promise<unknown>): Promise<number[]> {
  const before = [...served];
  await calls();
  return served.map((count, i) => count - before[i]!);
}

async function many(client: ProbeClient, calls: number): Promise<void> {
  for (let done = 0; done < calls; done += 100) {
    await Promise.all(Array.from({ length: 100 }, () => client.one({})));
  }
}

test("ring_hash: calls of one header value, or one hash, go to one server; the values spread over all", async () => {
  // Ports differ from run to run, these names do not.
  const named = listed((i) => ({ hashKey: `server-${i}` }));
  const policy = { ring_hash_experimental: { requestHashHeader: "user" } };
  const { channel, client } = clientOf(named, { policy });
  const seen = [0, 0, 0];
  for (let user = 0; user < 30; user++) {
    const counts = await countsOf(async () => {
      for (let i = 0; i < 5; i++) await client.one({}, { metadata: { user: `user-${user}` } });
    });
    assert.deepEqual([...counts].sort(), [0, 0, 5]);
    seen[counts.indexOf(5)]! += 1;
  }
  assert.ok(
    seen.every((users) => users > 0),
    seen.join(),
  );
  assert.equal(channel.state, "READY");

  const { client: hashed } = clientOf(named, { policy: { ring_hash: {} } });
  const counts = await countsOf(async () => {
    for (let i = 0; i < 5; i++) await hashed.one({}, { requestHash: 0x1234_5678_9abc_def0n });
  });
  assert.deepEqual([...counts].sort(), [0, 0, 5]);
});

test("weighted_target: shares over 10,000 calls are those of the weights", async () => {
  const target = (weight: number) => ({ weight, childPolicy: [{ round_robin: {} }] });
  const policy = { weighted_target_experimental: { targets: { big: target(3), small: target(1) } } };
  const { client } = clientOf(
    listed((i) => ({ path: [i < 2 ? "big" : "small"] })),
    { policy },
  );
  // Both targets are wanted before shares are counted.
  while (!(await countsOf(() => many(client, 100))).every((count) => count > 0));
  const counts = await countsOf(() => many(client, 10_000));
  for (const [i, share] of [0.375, 0.375, 0.25].entries()) {
    assert.ok(Math.abs(counts[i]! / 10_000 - share) < 0.02, counts.join());
  }
});

test("priority: calls go to the fallback when the first one's server stops", async () => {
  const child = { config: [{ round_robin: {} }] };
  const policy = { priority_experimental: { children: { p0: child, p1: child }, priorities: ["p0", "p1"] } };
  const { client } = clientOf(
    listed((i) => ({ path: [i === 2 ? "p0" : "p1"] })),
    { policy },
  );
  assert.deepEqual(await countsOf(() => many(client, 100)), [0, 0, 100]);
  await servers.pop()!.stop();
  const counts = await countsOf(async () => {
    for (let i = 0; i < 20; i++) await client.one({}, { waitForReady: true });
  });
  assert.ok(counts[0]! > 0 && counts[1]! > 0, counts.join());
  assert.equal(counts[2], 0);
});
