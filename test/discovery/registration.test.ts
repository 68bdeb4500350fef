import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type BoundListeners,
  checkRegisterOptions,
  planRegistration,
} from "../../lib/discovery/registration.js";
import { tcp, unix } from "../../lib/server/index.js";

const listening = (host: string, port: number): BoundListeners[number] => ({
  listener: tcp({ port: 0, host }),
  address: `${host.includes(":") ? `[${host}]` : host}:${port}`,
  port,
});
const socket: BoundListeners[number] = {
  listener: unix("/run/orders.sock"),
  address: "unix:/run/orders.sock",
  port: undefined,
};
const ipv4 = (address: string, internal = false) => ({
  ...{ address, internal, family: "IPv4" as const, netmask: "", mac: "", cidr: null },
});
const ipv6 = { ...ipv4("fd00::1"), family: "IPv6" as const, scopeid: 0 };

function addressOf(
  options: { host?: string; port?: number },
  listeners: BoundListeners,
  sameMachine = false,
  own: string[] = ["192.168.0.9"],
) {
  const interfaces = { lo: [ipv4("127.0.0.1", true)], eth0: [...own.map((each) => ipv4(each)), ipv6] };
  return planRegistration("Registry", { name: "svc/orders", ...options }, listeners, {
    sameMachine,
    interfaces,
  }).instance.address;
}

describe("the address that is advertised", () => {
  test("is that of the first TCP listener", () => {
    assert.equal(
      addressOf({}, [socket, listening("10.0.0.7", 50051), listening("10.0.0.8", 50052)]),
      "10.0.0.7:50051",
    );
    assert.equal(addressOf({}, [{ ...listening("x", 7), listener: tcp({ port: 0 }) }]), "127.0.0.1:7");
    assert.equal(addressOf({}, [listening("fd00::7", 50051)]), "[fd00::7]:50051");
  });

  test("is the host and port of the options, each in the place of the listener's", () => {
    const listeners = [listening("0.0.0.0", 50051), listening("10.0.0.8", 50052)];
    assert.equal(addressOf({ host: "orders.internal" }, listeners), "orders.internal:50051");
    assert.equal(addressOf({ host: "fd00::7" }, listeners), "[fd00::7]:50051");
    assert.equal(addressOf({ port: 50052 }, listeners), "10.0.0.8:50052");
    assert.equal(addressOf({ host: "nat.example", port: 31000 }, listeners), "nat.example:31000");
    assert.equal(addressOf({ host: "nat.example", port: 31000 }, [socket]), "nat.example:31000");
  });

  test("is the machine's own for a listener on all interfaces, if there is only one", () => {
    for (const all of ["0.0.0.0", "::", "0:0:0:0:0:0:0:0"]) {
      assert.equal(addressOf({}, [listening(all, 50051)]), "192.168.0.9:50051");
    }
    const several = ["192.168.0.9", "172.17.0.1"];
    assert.throws(
      () => addressOf({}, [listening("0.0.0.0", 50051)], false, several),
      /svc\/orders listens on 0\.0\.0\.0:50051, and this machine has several addresses: 192\.168\.0\.9, 172\.17\.0\.1\. Set register\.host/,
    );
    assert.throws(
      () => addressOf({}, [listening("::", 50051)], false, []),
      /no IPv4 address.*Set register\.host/,
    );
  });

  test("is local for registries of one machine, and may be a socket there", () => {
    assert.equal(
      addressOf({}, [listening("0.0.0.0", 50051)], true, ["1.1.1.1", "2.2.2.2"]),
      "127.0.0.1:50051",
    );
    assert.equal(addressOf({}, [socket], true), "unix:/run/orders.sock");
    assert.throws(() => addressOf({}, [socket]), /no TCP listener/);
    assert.throws(() => addressOf({}, [], true), /no TCP listener/);
  });
});

test("weight and zone go into the metadata", () => {
  const plan = planRegistration(
    "Registry",
    { name: "svc/orders", weight: 3, zone: "eu-1", metadata: { version: "1.2" } },
    [listening("10.0.0.7", 1)],
  );
  assert.deepEqual(plan, {
    name: "svc/orders",
    instance: { address: "10.0.0.7:1", metadata: { version: "1.2", weight: 3, zone: "eu-1" } },
  });
});

test("wrong options are told in words", () => {
  for (const [options, what] of [
    [{ name: "" }, /register\.name must be the name of a service/],
    [{ name: "svc/orders/" }, /without slashes around it, got "svc\/orders\/"/],
    [{ name: "a", host: "" }, /register\.host of a is empty/],
    [{ name: "a", port: 0 }, /register\.port of a must be a port from 1 to 65535, got 0/],
    [{ name: "a", weight: 0 }, /register\.weight of a must be a whole number from 1 on, got 0/],
    [{ name: "a", zone: "z", metadata: "text" }, /register\.metadata of a must be an object/],
    [{ name: "a", metadata: { n: 1n } }, /register\.metadata of a is no JSON/],
  ] as const) {
    assert.throws(() => checkRegisterOptions("Registry", options), what);
    assert.throws(() => checkRegisterOptions("Registry", [{ name: "fine" }, options]), what);
  }
  assert.deepEqual(checkRegisterOptions("Registry", undefined), []);
});
