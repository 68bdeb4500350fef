import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { type DnsOptions, dnsResolver } from "../../../lib/client/naming/dns-resolver.js";
import type { Endpoint } from "../../../lib/client/naming/endpoint.js";
import { GRPCLB_BALANCERS } from "../../../lib/client/naming/resolver.js";
import { checkAtEnd, until } from "../../server/support.js";
import { DnsServer } from "./dns-server.js";
import { textOf, watchNameForReal } from "./support.js";

let server: DnsServer;
before(async () => {
  server = await DnsServer.listen();
});
after(() => server.close());
checkAtEnd();

beforeEach(() => {
  server.zones.clear();
  server.questions.length = 0;
});

async function resolve(path: string, options: DnsOptions = {}) {
  const name = watchNameForReal(dnsResolver(options), `dns://${server.address}/${path}`);
  await until(() => name.events > 0, `${path} is resolved`);
  name.watch.stop();
  return name;
}

test("CustomAuthority, DNSResolver_Basic: a real server is asked for addresses of both families", async () => {
  server.zones.set("orders.test", { A: ["10.0.0.1", "10.0.0.2"], AAAA: ["2001:db8::1"] });
  const name = await resolve("orders.test:50051");
  assert.deepEqual([...name.list!].sort(), ["10.0.0.1:50051", "10.0.0.2:50051", "[2001:db8::1]:50051"]);
  assert.deepEqual([...server.questions].sort(), [
    "A orders.test",
    "AAAA orders.test",
    "TXT _grpc_config.orders.test",
  ]);
  assert.deepEqual(name.errors, []);
});

test("one family is enough, also when the server fails the other", async () => {
  server.zones.set("four.test", { A: ["10.0.0.1"] });
  server.zones.set("six.test", { AAAA: ["::1"], fails: "SERVFAIL", failsFor: "A" });
  assert.deepEqual((await resolve("four.test")).list, ["10.0.0.1:443"]);
  assert.deepEqual((await resolve("six.test")).list, ["[::1]:443"]);
});

test("a name that does not exist, or has no address, is an empty list", async () => {
  server.zones.set("empty.test", {});
  assert.deepEqual((await resolve("missing.test")).list, []);
  assert.deepEqual((await resolve("empty.test")).list, []);
});

test("no address of one family and a failure of the other is an error: there may be some", async () => {
  server.zones.set("half.test", { fails: "REFUSED", failsFor: "AAAA" });
  assert.match((await resolve("half.test")).errors[0]!.text, /EREFUSED/);
});

test("ReportError: a server that fails is an error", async () => {
  server.zones.set("broken.test", { fails: "SERVFAIL" });
  const name = await resolve("broken.test");
  assert.deepEqual(name.resolutions, []);
  assert.match(name.errors[0]!.text, /name resolution of dns:\/\/.*broken\.test failed: .*ESERVFAIL/);
});

test("ResolveTimeout: a server that is silent is given up in time", async () => {
  server.zones.set("silent.test", { fails: "silent" });
  const name = await resolve("silent.test", { timeoutMs: 50 });
  assert.match(name.errors[0]!.text, /DNS has not answered within 0.05 s/);
});

test("a service config comes from TXT, its strings joined", async () => {
  const config = { loadBalancingConfig: [{ round_robin: {} }] };
  const text = `grpc_config=${JSON.stringify([{ serviceConfig: config }])}`;
  server.zones.set("orders.test", { A: ["10.0.0.1"] });
  server.zones.set("_grpc_config.orders.test", { TXT: [["other=1"], [text.slice(0, 20), text.slice(20)]] });
  const name = await resolve("orders.test");
  assert.deepEqual(name.resolutions[0]!.serviceConfig, config);
});

test("a TXT record that does not come holds addresses up only so long", async () => {
  server.zones.set("orders.test", { A: ["10.0.0.1"] });
  server.zones.set("_grpc_config.orders.test", { fails: "silent" });
  const name = await resolve("orders.test", { txtWaitMs: 20 });
  assert.deepEqual(name.list, ["10.0.0.1:443"]);
  assert.equal(name.resolutions[0]!.serviceConfig, undefined);
});

test("an SRV name brings ports, weights and the order of priorities", async () => {
  server.zones.set("_grpc._tcp.orders.test", {
    SRV: [
      { priority: 20, weight: 1, port: 7003, name: "c.test" },
      { priority: 10, weight: 1, port: 7001, name: "a.test" },
      { priority: 10, weight: 3, port: 7002, name: "b.test" },
    ],
  });
  server.zones.set("a.test", { A: ["10.0.0.1"], AAAA: ["::1"] });
  server.zones.set("b.test", { A: ["10.0.0.2"] });
  server.zones.set("c.test", { A: ["10.0.0.3"] });
  const first = await resolve("_grpc._tcp.orders.test");
  assert.deepEqual(first.list, ["10.0.0.2:7002", ["10.0.0.1:7001", "[::1]:7001"]]);
  assert.deepEqual(
    first.resolutions[0]!.endpoints.map(({ weight }) => weight),
    [3, 1],
  );
  assert.ok(server.questions.includes("TXT _grpc_config.orders.test"));
  const all = await resolve("_grpc._tcp.orders.test", { srvPriorities: "all" });
  assert.deepEqual(all.list, ["10.0.0.2:7002", ["10.0.0.1:7001", "[::1]:7001"], "10.0.0.3:7003"]);
  assert.deepEqual(
    all.resolutions[0]!.endpoints.map(({ path }) => path),
    [["10"], ["10"], ["20"]],
  );
});

test("balancers of grpclb come from SRV, named as in the record", async () => {
  server.zones.set("orders.test", { A: ["10.0.0.1"] });
  server.zones.set("_grpclb._tcp.orders.test", {
    SRV: [
      { priority: 1, weight: 1, port: 4001, name: "lb1.test" },
      { priority: 2, weight: 9, port: 4002, name: "gone.test" },
    ],
  });
  server.zones.set("lb1.test", { A: ["10.1.0.1", "10.1.0.2"] });
  const [resolution] = (await resolve("orders.test:80", { srv: true })).resolutions;
  assert.deepEqual(textOf(resolution!), ["10.0.0.1:80"]);
  const balancers = resolution!.attributes![GRPCLB_BALANCERS] as Endpoint[];
  assert.deepEqual([...balancers].map(({ addresses }) => addresses[0]).sort(byHost), [
    { host: "10.1.0.1", port: 4001, serverName: "lb1.test" },
    { host: "10.1.0.2", port: 4001, serverName: "lb1.test" },
  ]);
});

const byHost = (a: unknown, b: unknown) =>
  (a as { host: string }).host.localeCompare((b as { host: string }).host);

test("without a server the machine's own names are known, and no server is asked for localhost", async () => {
  const name = watchNameForReal(dnsResolver({ srv: true }), "localhost:50051");
  await until(() => name.events > 0, "localhost is resolved");
  name.watch.stop();
  assert.deepEqual(name.errors, []);
  assert.ok(name.list!.includes("127.0.0.1:50051") || name.list!.includes("[::1]:50051"), String(name.list));
  const other = await resolve("localhost:50051", { srv: true });
  assert.deepEqual(other.list, name.list);
  assert.deepEqual(server.questions, []);
});

test("a look-up that is stopped leaves nothing behind", async () => {
  server.zones.set("silent.test", { fails: "silent" });
  const name = watchNameForReal(dnsResolver({ srv: true }), `dns://${server.address}/silent.test`);
  await until(() => server.questions.length >= 4, "the server is asked");
  name.watch.stop();
  assert.equal(name.events, 0);
});
