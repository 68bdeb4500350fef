import assert from "node:assert/strict";
import { test } from "node:test";
import { createLeaf, pickFirstPolicy } from "../../../lib/client/balancing/pick-first.js";
import type { LoadBalancerFactory } from "../../../lib/client/balancing/policy.js";
import { StatusCode, StatusError } from "../../../lib/rpc/index.js";
import { Bench } from "./policy-bench.js";

const A = "1.1.1.1:1";
const B = "2.2.2.2:2";

const leafPolicy: LoadBalancerFactory = { ...pickFirstPolicy, createBalancer: createLeaf };
const unhealthy = { state: "TRANSIENT_FAILURE", error: StatusError.unavailable("NOT_SERVING") } as const;

function connectedLeaf(): Bench {
  const channel = new Bench(leafPolicy, {});
  channel.resolve(A, B);
  channel.at(A).health = { state: "CONNECTING" };
  channel.at(A).succeed();
  return channel;
}

test("Leaf_HealthListenerEnabled: a connection counts only once it is known to be healthy", () => {
  const channel = connectedLeaf();
  assert.equal(channel.state, "CONNECTING");
  assert.deepEqual(
    channel.alive.map(({ name }) => name),
    [A],
    "it is selected all the same",
  );
  const call = channel.call();
  channel.at(A).becomeHealthy({ state: "READY" });
  assert.equal(channel.state, "READY");
  assert.equal(call.address, A);
});

test("Leaf_HealthListenerNotEnabled: stand-alone pick_first never asks for health", () => {
  const channel = new Bench(pickFirstPolicy, {});
  channel.resolve(A);
  channel.at(A).health = unhealthy;
  channel.at(A).succeed();
  assert.equal(channel.at(A).watchesHealth, false);
  assert.deepEqual(channel.states, ["CONNECTING", "READY"]);
});

test("Leaf_HealthUpdates: it reports what health says, and keeps the connection", () => {
  const channel = connectedLeaf();
  const subchannel = channel.at(A);
  for (const health of [
    { state: "READY" },
    unhealthy,
    { state: "CONNECTING" },
    { state: "READY" },
  ] as const) {
    subchannel.becomeHealthy(health);
    assert.equal(channel.state, health.state);
  }
  subchannel.becomeHealthy({ state: "READY" });
  assert.deepEqual(channel.states, [...["CONNECTING", "READY", "TRANSIENT_FAILURE", "CONNECTING", "READY"]]);
  subchannel.becomeHealthy(unhealthy);
  assert.equal(channel.pickError().text, "health check failure: NOT_SERVING");
  assert.equal(channel.pickError().code, StatusCode.UNAVAILABLE);
  assert.equal(subchannel.released, false);
  assert.equal(subchannel.status.state, "READY");
});

test("when the connection is lost, health is watched no more", () => {
  const channel = connectedLeaf();
  const subchannel = channel.at(A);
  subchannel.becomeHealthy(unhealthy);
  subchannel.become("IDLE");
  assert.equal(channel.state, "IDLE");
  assert.equal(subchannel.watchesHealth, false);
  subchannel.health = { state: "READY" };
  channel.policy.exitIdle();
  subchannel.succeed();
  assert.equal(channel.state, "READY");
});

test("a list without the address ends the watch, one with it leaves it alone", () => {
  const channel = connectedLeaf();
  const subchannel = channel.at(A);
  subchannel.becomeHealthy(unhealthy);
  channel.resolve(B, A);
  assert.equal(subchannel.watchesHealth, true);
  assert.equal(channel.state, "TRANSIENT_FAILURE");
  channel.resolve(B);
  assert.equal(subchannel.watchesHealth, false);
  assert.equal(channel.state, "CONNECTING");
});

test("a health report that ends the policy leaves no watch behind", () => {
  for (const state of ["CONNECTING", "READY", "TRANSIENT_FAILURE"] as const) {
    const channel = new Bench(leafPolicy, {});
    const publish = channel.updateState.bind(channel);
    channel.resolve(A);
    channel.updateState = (published, picker) => {
      publish(published, picker);
      channel.policy.close();
    };
    const subchannel = channel.at(A);
    // TRANSIENT_FAILURE of the connection first, so that READY publishes CONNECTING.
    subchannel.health = state === "READY" ? { state } : unhealthy;
    subchannel.succeed();
    assert.equal(subchannel.watchesHealth, false, state);
    assert.ok(subchannel.released);
  }
});
