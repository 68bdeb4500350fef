/** Both halves of health checking over real connections: `HealthModule` on the servers, a channel that asks it (A17). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Module } from "../../lib/app/index.js";
import type { ChannelOptions } from "../../lib/client/index.js";
import { type Logger, StatusCode } from "../../lib/rpc/index.js";
import { HealthModule, HealthStatuses } from "../../lib/services/index.js";
import { createTestingApp, type TestingApp } from "../../lib/testing/index.js";
import { callerOf, closeAtEnd, failureOf } from "../client/support.js";
import { PROBE_PROTO, probeController } from "../server/probe.js";
import { checkAtEnd, recordingLogger, until } from "../server/support.js";

closeAtEnd();
checkAtEnd();

const PROBE = "grebe.test.Probe";

/** A server that answers with its own name. */
async function serve(name: string, withHealth = true): Promise<TestingApp> {
  class Root {}
  const controllers = [probeController({ one: () => ({ text: name }) })];
  Module({ imports: withHealth ? [HealthModule] : [], protos: [PROBE_PROTO], controllers })(Root);
  return createTestingApp(Root, { drainLimitMs: 1000 }).start();
}

function callerOfAll(apps: readonly TestingApp[], logger: Logger, options: ChannelOptions = {}) {
  const target = `static:///${apps.map(({ address }) => address).join(",")}`;
  const serviceConfig = {
    loadBalancingConfig: [{ round_robin: {} }],
    healthCheckConfig: { serviceName: PROBE },
  };
  return callerOf(target, { serviceConfig, logger, ...options });
}

type Caller = ReturnType<typeof callerOfAll>;

/** Who answers ten calls. */
async function answering({ client }: Caller): Promise<string> {
  const names = new Set<string>();
  for (let call = 0; call < 10; call++) names.add((await client.one({})).text);
  return [...names].sort().join("");
}

/** Calls until the answers come from these servers, and no others. */
async function untilAnswering(caller: Caller, wanted: string): Promise<void> {
  let seen = "";
  for (let round = 0; round < 200 && seen !== wanted; round++) seen = await answering(caller);
  assert.equal(seen, wanted);
}

test("a server that is not well gets no calls, until it is well again; its connection is kept", async () => {
  const apps = [await serve("a"), await serve("b")];
  const [a, b] = apps.map((app) => app.get(HealthStatuses));
  const logger = recordingLogger();
  const caller = callerOfAll(apps, logger);
  await untilAnswering(caller, "ab");
  a!.set(PROBE, "NOT_SERVING");
  await untilAnswering(caller, "b");
  a!.set(PROBE, "SERVING");
  await untilAnswering(caller, "ab");
  a!.set(PROBE, "UNKNOWN");
  b!.set(PROBE, "NOT_SERVING");
  await until(() => caller.channel.state === "TRANSIENT_FAILURE", "nobody is well");
  const failure = await failureOf(caller.client.one({}));
  assert.equal(failure.code, StatusCode.UNAVAILABLE);
  assert.match(failure.text, /connection active but health check failed\. status=(NOT_SERVING|UNKNOWN)/);
  // Nothing was connected anew.
  assert.equal(logger.lines.filter(({ message }) => message === "subchannel READY").length, 2);
  b!.set(PROBE, "SERVING");
  await until(() => caller.channel.state === "READY", "one is well");
  await untilAnswering(caller, "b");
  await caller.channel.close();
  for (const app of apps) await app.close();
});

test("a server that closes says so first: its clients leave without a failed call", async () => {
  const apps = [await serve("a"), await serve("b")];
  const caller = callerOfAll(apps, recordingLogger());
  await untilAnswering(caller, "ab");
  const closing = apps[0]!.close();
  for (let call = 0; call < 100; call++) await caller.client.one({});
  await closing;
  await untilAnswering(caller, "b");
  await caller.channel.close();
  await apps[1]!.close();
});

test("HealthServerNotRegistered: servers without health checking are taken for well", async () => {
  const apps = [await serve("a", false), await serve("b", false)];
  const logger = recordingLogger();
  const caller = callerOfAll(apps, logger);
  await untilAnswering(caller, "ab");
  assert.equal(logger.lines.filter(({ level }) => level === "error").length, 2);
  await caller.channel.close();
  for (const app of apps) await app.close();
});

test("HealthCheckDisable: without a config, and with pick_first, nobody is asked", async () => {
  const app = await serve("a");
  app.get(HealthStatuses).set(PROBE, "NOT_SERVING");
  const configs = [
    { loadBalancingConfig: [{ round_robin: {} }] },
    { loadBalancingConfig: [{ pick_first: {} }], healthCheckConfig: { serviceName: PROBE } },
  ];
  for (const serviceConfig of configs) {
    const caller = callerOfAll([app], recordingLogger(), { serviceConfig });
    assert.equal(await answering(caller), "a");
    await caller.channel.close();
  }
  await app.close();
});
