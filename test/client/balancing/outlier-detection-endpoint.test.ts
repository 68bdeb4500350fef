import assert from "node:assert/strict";
import { test } from "node:test";
import { OutlierEndpoint } from "../../../lib/client/balancing/outlier-detection-endpoint.js";
import { OutlierEndpoints } from "../../../lib/client/balancing/outlier-detection-endpoints.js";
import { EjectableSubchannel } from "../../../lib/client/balancing/outlier-detection-subchannel.js";
import type { SubchannelStatus } from "../../../lib/client/connection/subchannel.js";
import { StatusError } from "../../../lib/rpc/index.js";
import { address, endpoints, FakeSubchannel } from "../doubles.js";

const A = "1.1.1.1:1";

function bound(): { inner: FakeSubchannel; subchannel: EjectableSubchannel; endpoint: OutlierEndpoint } {
  const inner = new FakeSubchannel(address(A));
  inner.succeed();
  const subchannel = new EjectableSubchannel(inner, () => undefined);
  const endpoint = new OutlierEndpoint();
  subchannel.bind(endpoint);
  return { inner, subchannel, endpoint };
}

function watched({ subchannel }: { readonly subchannel: EjectableSubchannel }): {
  readonly states: string[];
  stop(): void;
} {
  const states: string[] = [];
  const stop = subchannel.watchHealth(({ state }) => void states.push(state));
  return { states, stop };
}

const ill: SubchannelStatus = { state: "TRANSIENT_FAILURE", error: StatusError.unavailable("ill") };

test("callCounter Clear: what was counted is forgotten", () => {
  const endpoint = new OutlierEndpoint();
  endpoint.count(true);
  endpoint.swapBuckets();
  endpoint.count(false);
  endpoint.clearBuckets();
  assert.equal(endpoint.calls.total, 0);
  endpoint.swapBuckets();
  assert.equal(endpoint.calls.total, 0);
});

test("callCounter Swap: what was counted is that of the interval that is over", () => {
  const endpoint = new OutlierEndpoint();
  endpoint.count(true);
  endpoint.count(true);
  endpoint.count(false);
  assert.equal(endpoint.calls.total, 0);
  endpoint.swapBuckets();
  const { ok, failed, total } = endpoint.calls;
  assert.deepEqual([ok, failed, total], [2, 1, 3]);
  endpoint.count(true);
  endpoint.swapBuckets();
  assert.deepEqual([endpoint.calls.ok, endpoint.calls.failed], [1, 0]);
});

test("an ejected subchannel looks unhealthy; what happens meanwhile is told at the end", () => {
  const parts = bound();
  const { states } = watched(parts);
  parts.endpoint.eject(1);
  parts.inner.becomeHealthy({ state: "CONNECTING" });
  parts.inner.becomeHealthy(ill);
  assert.deepEqual(states, ["READY", "TRANSIENT_FAILURE"]);
  parts.inner.becomeHealthy({ state: "READY" });
  assert.deepEqual(states, ["READY", "TRANSIENT_FAILURE"]);
  parts.endpoint.uneject();
  assert.deepEqual(states, ["READY", "TRANSIENT_FAILURE", "READY"]);
  parts.inner.becomeHealthy(ill);
  assert.deepEqual(states.slice(3), ["TRANSIENT_FAILURE"]);
});

test("connectivity is not changed by an ejection", () => {
  const { inner, subchannel, endpoint } = bound();
  const states: string[] = [];
  subchannel.watch(({ state }) => void states.push(state));
  endpoint.eject(1);
  assert.deepEqual(states, []);
  assert.equal(subchannel.status.state, "READY");
  inner.become("IDLE");
  assert.deepEqual(states, ["IDLE"]);
});

test("who watches an ejected subchannel is told at once, and once; who stopped is told nothing", () => {
  const parts = bound();
  parts.endpoint.eject(1);
  const [one, two] = [watched(parts), watched(parts)];
  assert.deepEqual(one.states, ["TRANSIENT_FAILURE"]);
  one.stop();
  one.stop();
  parts.endpoint.uneject();
  assert.deepEqual(one.states, ["TRANSIENT_FAILURE"]);
  assert.deepEqual(two.states, ["TRANSIENT_FAILURE", "READY"]);
  two.stop();
  assert.equal(parts.inner.watchesHealth, false);
});

test("a listener that stops another, or ends the ejection, from within", () => {
  const { subchannel, endpoint } = bound();
  const told: string[] = [];
  const stops: (() => void)[] = [];
  stops.push(
    subchannel.watchHealth(({ state }) => {
      told.push(`a ${state}`);
      if (state === "TRANSIENT_FAILURE") {
        stops[1]!();
        endpoint.uneject();
      }
    }),
    subchannel.watchHealth(({ state }) => void told.push(`b ${state}`)),
    subchannel.watchHealth(({ state }) => void told.push(`c ${state}`)),
  );
  told.length = 0;
  endpoint.eject(1);
  assert.deepEqual(told, ["a TRANSIENT_FAILURE", "a READY", "c READY"]);
});

test("SubConnShutdownRemovesFromEndpointMap: a released subchannel is not kept", () => {
  const { inner, subchannel, endpoint } = bound();
  assert.equal(endpoint.subchannels.size, 1);
  const { states } = watched({ subchannel });
  subchannel.release();
  assert.equal(endpoint.subchannels.size, 0);
  assert.equal(inner.released, true);
  endpoint.eject(1);
  assert.deepEqual(states, ["READY"]);
});

test("a subchannel that is made while its endpoint is ejected starts ejected", () => {
  const { endpoint } = bound();
  endpoint.eject(1);
  const inner = new FakeSubchannel(address(A));
  const subchannel = new EjectableSubchannel(inner, () => undefined);
  subchannel.bind(endpoint);
  assert.deepEqual(watched({ subchannel }).states, ["TRANSIENT_FAILURE"]);
});

test("a subchannel whose address no endpoint has belongs to the next one that has it", () => {
  const known = new OutlierEndpoints(() => 0);
  const subchannel = known.wrap(new FakeSubchannel(address(A)));
  assert.equal(subchannel.endpoint, undefined);
  const list = endpoints([A, "2.2.2.2:2"], [A]);
  known.replace(list);
  known.adopt();
  const { endpoint } = subchannel;
  assert.ok(endpoint !== undefined);
  // It stays where it is for as long as that endpoint does.
  known.replace([...list].reverse());
  known.adopt();
  assert.equal(subchannel.endpoint, endpoint);
  known.replace(endpoints(A));
  known.adopt();
  assert.ok(subchannel.endpoint !== undefined && subchannel.endpoint !== endpoint);
  known.replace([]);
  known.adopt();
  assert.equal(subchannel.endpoint, undefined);
  subchannel.release();
  known.replace(list);
  known.adopt();
  assert.equal(subchannel.endpoint, undefined);
});
