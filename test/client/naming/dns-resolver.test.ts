import assert from "node:assert/strict";
import { test } from "node:test";
import type { DnsLookupsFactory, SrvRecord } from "../../../lib/client/naming/dns-lookups.js";
import { type DnsOptions, dnsResolver } from "../../../lib/client/naming/dns-resolver.js";
import type { Endpoint } from "../../../lib/client/naming/endpoint.js";
import { GRPCLB_BALANCERS, type Resolution } from "../../../lib/client/naming/resolver.js";
import type { Random } from "../../../lib/rpc/index.js";
import { turn } from "../../server/support.js";
import { cycle } from "../doubles.js";
import { targetOf, textOf, watchName } from "./support.js";

/** What a name has; an Error, or "silent" for an answer that never comes. */
type Answer<T> = readonly T[] | Error | "silent";

interface Records {
  readonly addresses?: Record<string, Answer<string>>;
  readonly services?: Record<string, Answer<SrvRecord>>;
  readonly texts?: Record<string, Answer<string>>;
}

const failed = (code: string) => Object.assign(new Error(`query ${code}`), { code });

class FakeDns {
  readonly questions: string[] = [];
  readonly servers: (string | undefined)[] = [];
  cancelled = 0;

  constructor(public records: Records) {}

  readonly lookups: DnsLookupsFactory = (server, signal) => {
    this.servers.push(server);
    signal.addEventListener("abort", () => void this.cancelled++);
    const ask = <T>(kind: keyof Records, name: string): Promise<readonly T[]> => {
      this.questions.push(`${kind} ${name}`);
      const answer = (this.records[kind]?.[name] ?? failed("ENOTFOUND")) as Answer<T>;
      if (answer === "silent") return new Promise(() => undefined);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    };
    return {
      addresses: (host) => ask("addresses", host),
      services: (name) => ask("services", name),
      texts: (name) => ask("texts", name),
    };
  };
}

async function resolve(text: string, records: Records, options: DnsOptions = {}, random?: Random) {
  const dns = new FakeDns(records);
  const name = watchName(dnsResolver({ lookups: dns.lookups, ...options }), text, random);
  await turn();
  return { dns, name };
}

const srv = (name: string, port: number, priority = 0, weight = 0): SrvRecord => ({
  name,
  port,
  priority,
  weight,
});
const balancersOf = ({ attributes }: Resolution): unknown => attributes?.[GRPCLB_BALANCERS];
const hosts = { "orders.test": ["10.0.0.1", "10.0.0.2"] };
const config = (policy: string) => ({ loadBalancingConfig: [{ [policy]: {} }] });
const txt = (choices: unknown): NonNullable<Records["texts"]> => ({
  "_grpc_config.orders.test": [`grpc_config=${JSON.stringify(choices)}`],
});

test("DNSResolver_Basic: hosts, one endpoint per address in the order of the answer", async () => {
  const { name, dns } = await resolve("orders.test:80", {
    addresses: { "orders.test": ["b", "a", "::1", "b"] },
  });
  assert.deepEqual(name.list, ["b:80", "a:80", "[::1]:80"]);
  assert.deepEqual(name.resolutions, [{ endpoints: name.resolutions[0]!.endpoints }]);
  assert.equal(name.clock.pending, 0);
  assert.equal(dns.cancelled, 1, "what the look-up opened is given back");
  name.watch.stop();
});

test("DNSResolver_Basic: hosts, balancers and a config", async () => {
  const { name } = await resolve(
    "orders.test",
    {
      addresses: { ...hosts, "lb.test": ["10.1.0.1"] },
      services: { "_grpclb._tcp.orders.test": [srv("lb.test.", 4000)] },
      texts: txt([{ serviceConfig: config("grpclb") }]),
    },
    { srv: true },
  );
  assert.deepEqual(name.resolutions, [
    {
      endpoints: [
        { addresses: [{ host: "10.0.0.1", port: 443 }] },
        { addresses: [{ host: "10.0.0.2", port: 443 }] },
      ],
      serviceConfig: config("grpclb"),
      attributes: {
        [GRPCLB_BALANCERS]: [{ addresses: [{ host: "10.1.0.1", port: 4000, serverName: "lb.test" }] }],
      },
    },
  ]);
  name.watch.stop();
});

test("DNSResolver_Basic: balancers are enough, even when the hosts fail", async () => {
  const balancers: Records = {
    addresses: { "orders.test": failed("ESERVFAIL"), "lb.test": ["10.1.0.1"] },
    services: { "_grpclb._tcp.orders.test": [srv("lb.test", 4000), srv("gone.test", 4000)] },
  };
  const { name } = await resolve("orders.test", balancers, { srv: true });
  assert.deepEqual(name.list, []);
  assert.equal((name.resolutions[0]!.attributes![GRPCLB_BALANCERS] as Endpoint[]).length, 1);
  name.watch.stop();
  const without = await resolve("orders.test", balancers);
  assert.match(without.name.errors[0]!.text, /ESERVFAIL/);
  assert.deepEqual(
    without.dns.questions.filter((question) => question.startsWith("services")),
    [],
  );
  without.name.watch.stop();
});

test("balancers that cannot be looked up do not hold up hosts, but are warned of", async () => {
  const { name } = await resolve(
    "orders.test",
    { addresses: hosts, services: { "_grpclb._tcp.orders.test": failed("ETIMEOUT") } },
    { srv: true },
  );
  assert.equal(name.list!.length, 2);
  assert.match(String(balancersOf(name.resolutions[0]!)), /ETIMEOUT/);
  assert.deepEqual(
    name.logger.lines.filter(({ level }) => level === "warn").map(({ message }) => message),
    ["the balancers cannot be looked up"],
  );
  name.watch.stop();
});

test("balancers that there are not are no failure; that they cannot be looked up is one, if there are no hosts either", async () => {
  const none = await resolve("orders.test", { addresses: hosts }, { srv: true });
  assert.deepEqual(Object.keys(none.name.resolutions[0]!), ["endpoints"]);
  none.name.watch.stop();
  const services = { "_grpclb._tcp.orders.test": failed("ETIMEOUT") };
  const { name } = await resolve("orders.test", { services }, { srv: true });
  assert.match(name.errors[0]!.text, /ETIMEOUT/);
  assert.equal(name.clock.nextInMs, 1000);
  name.watch.stop();
});

test("a balancer whose host cannot be looked up, or not in time, is left out as long as there are others", async () => {
  const services = { "_grpclb._tcp.orders.test": ["a", "b", "c"].map((host) => srv(`${host}.test`, 4000)) };
  for (const [answers, found] of [
    [["10.1.0.1"], ["10.1.0.1"]],
    [[], "Error: query ESERVFAIL"],
  ] as const) {
    const addresses = {
      ...hosts,
      "a.test": failed("ESERVFAIL"),
      "b.test": answers,
      "c.test": "silent",
    } as const;
    const { name } = await resolve("orders.test", { addresses, services }, { srv: true });
    assert.equal(name.events, 0);
    name.clock.advance(2000);
    await turn();
    assert.equal(name.list!.length, 2);
    const balancers = balancersOf(name.resolutions[0]!);
    const texts = Array.isArray(balancers)
      ? textOf({ endpoints: balancers as Endpoint[] })
      : String(balancers);
    assert.deepEqual(texts, Array.isArray(found) ? found.map((host) => `${host}:4000`) : found);
    assert.equal(name.clock.pending, 0);
    name.watch.stop();
  }
});

test("balancers that do not come hold hosts up only so long", async () => {
  const services = { "_grpclb._tcp.orders.test": "silent" } as const;
  for (const [options, waitMs] of [
    [{}, 2000],
    [{ srvWaitMs: 50 }, 50],
  ] as const) {
    const { name, dns } = await resolve(
      "orders.test",
      { addresses: hosts, services },
      { srv: true, ...options },
    );
    name.clock.advance(waitMs - 1);
    await turn();
    assert.equal(name.events, 0);
    name.clock.advance(1);
    await turn();
    assert.equal(name.list!.length, 2);
    assert.match(String(balancersOf(name.resolutions[0]!)), /it takes too long/);
    assert.deepEqual([name.clock.pending, dns.cancelled], [0, 1]);
    name.watch.stop();
  }
});

test("error classes: not found is an empty list, all else an error", async () => {
  for (const code of ["ENOTFOUND", "ENODATA"]) {
    const { name } = await resolve("orders.test", { addresses: { "orders.test": failed(code) } });
    assert.deepEqual(name.list, [], code);
    assert.equal(name.clock.pending, 0);
    name.watch.stop();
  }
  for (const code of ["ETIMEOUT", "ESERVFAIL", "EAI_AGAIN", "ECONNREFUSED", "EREFUSED"]) {
    const { name } = await resolve("orders.test", { addresses: { "orders.test": failed(code) } });
    assert.match(name.errors[0]!.text, new RegExp(code));
    assert.equal(name.clock.nextInMs, 1000);
    name.watch.stop();
  }
});

test("DNSResolver_ResolveNow: what changed is seen when asked again", async () => {
  const { dns, name } = await resolve("orders.test", { addresses: hosts });
  dns.records = { addresses: { "orders.test": ["10.0.0.9"] }, texts: txt([{ serviceConfig: config("x") }]) };
  name.clock.advance(30_000);
  assert.equal(name.resolutions.length, 1);
  name.watch.refresh();
  name.clock.advance(0);
  await turn();
  assert.deepEqual(name.list, ["10.0.0.9:443"]);
  assert.deepEqual(name.resolutions.at(-1)!.serviceConfig, config("x"));
  name.watch.stop();
});

test("DNSResolver_ExponentialBackoff: what the channel refuses is looked up again until it accepts", async () => {
  const { dns, name } = await resolve("orders.test", { addresses: { "orders.test": failed("ETIMEOUT") } });
  name.accepts = false;
  dns.records = { addresses: hosts };
  for (const waitMs of [1000, 1600, 2560]) {
    assert.equal(name.clock.nextInMs, waitMs);
    name.clock.advance(waitMs);
    await turn();
  }
  name.accepts = true;
  name.clock.advance(4096);
  await turn();
  assert.equal(name.clock.pending, 0);
  assert.equal(name.resolutions.length, 4);
  name.watch.stop();
});

test("RateLimitedResolve: many requests are few look-ups", async () => {
  const { dns, name } = await resolve("orders.test", { addresses: hosts }, { minIntervalMs: 100 });
  for (let i = 0; i < 100; i++) {
    name.watch.refresh();
    name.clock.advance(1);
    await turn();
  }
  name.clock.advance(100);
  await turn();
  assert.ok(dns.servers.length <= 3, String(dns.servers.length));
  name.watch.stop();
});

test("ResolveTimeout: a look-up is given up after 30 s, and tried again", async () => {
  const { dns, name } = await resolve("orders.test", { addresses: { "orders.test": "silent" } });
  name.clock.advance(29_999);
  assert.equal(name.events, 0);
  name.clock.advance(1);
  assert.match(name.errors[0]!.text, /DNS has not answered within 30 s/);
  assert.equal(dns.cancelled, 1);
  dns.records = { addresses: hosts };
  name.clock.advance(1000);
  await turn();
  assert.equal(name.list!.length, 2);
  assert.equal(name.clock.pending, 0);
  name.watch.stop();
});

test("stopping in the middle of a look-up leaves no timer, and its answer is ignored", async () => {
  const { dns, name } = await resolve("orders.test", {
    addresses: hosts,
    texts: { "_grpc_config.orders.test": "silent" },
  });
  assert.equal(name.clock.pending, 2, "the limit, and the wait for TXT");
  name.watch.stop();
  assert.equal(name.clock.pending, 0);
  assert.equal(dns.cancelled, 1);
  await turn();
  assert.equal(name.events, 0);
});

test("DisableServiceConfig: without it, no TXT record is asked for", async () => {
  const records = { addresses: hosts, texts: txt([{ serviceConfig: config("x") }]) };
  const { dns, name } = await resolve("orders.test", records, { serviceConfig: false });
  assert.equal(name.resolutions[0]!.serviceConfig, undefined);
  assert.deepEqual(dns.questions, ["addresses orders.test"]);
  name.watch.stop();
});

test("TXTError: a TXT record that cannot be looked up is ignored, or reported as a wrong config", async () => {
  for (const failure of [failed("ESERVFAIL"), "silent"] as const) {
    for (const txtErrors of ["ignore", "report"] as const) {
      const texts = { "_grpc_config.orders.test": failure };
      const { name } = await resolve("orders.test", { addresses: hosts, texts }, { txtErrors });
      if (failure === "silent") {
        assert.equal(name.events, 0);
        name.clock.advance(2000);
        await turn();
      }
      assert.equal(name.list!.length, 2);
      const { serviceConfig } = name.resolutions[0]!;
      if (txtErrors === "ignore") assert.equal(serviceConfig, undefined);
      else
        assert.match((serviceConfig as Error).message, /^TXT _grpc_config.orders.test: (?:query E|it takes)/);
      name.watch.stop();
    }
  }
  const { name } = await resolve("orders.test", { addresses: hosts }, { txtErrors: "report" });
  assert.equal(name.resolutions[0]!.serviceConfig, undefined, "that there is none is no error");
  name.watch.stop();
});

test("TXT choices: the first whose criteria all fit counts (A2)", async (context) => {
  const a = config("a");
  const cases: [what: string, choices: unknown, chosen: unknown][] = [
    ["no choice", [], undefined],
    ["no criteria", [{ serviceConfig: a }], a],
    ["the first of two", [{ serviceConfig: a }, { serviceConfig: config("b") }], a],
    ["language", [{ clientLanguage: ["go", "NODE"], serviceConfig: a }], a],
    ["another language", [{ clientLanguage: ["go", "java", "c++"], serviceConfig: a }], undefined],
    ["empty lists ask for nothing", [{ clientLanguage: [], clientHostname: [], serviceConfig: a }], a],
    ["hostname", [{ clientHostname: ["other", "here"], serviceConfig: a }], a],
    ["hostnames are exact", [{ clientHostname: ["HERE", "here.test"], serviceConfig: a }], undefined],
    ["percentage 0 is never", [{ percentage: 0, serviceConfig: a }], undefined],
    ["percentage 100 is always", [{ percentage: 100, serviceConfig: a }], a],
    ["percentage above", [{ percentage: 51, serviceConfig: a }], a],
    ["percentage not above", [{ percentage: 50, serviceConfig: a }], undefined],
    [
      "one of several criteria fails",
      [{ clientLanguage: ["node"], percentage: 0, serviceConfig: a }],
      undefined,
    ],
    ["null is absent", [{ clientLanguage: null, percentage: null, serviceConfig: a }], a],
  ];
  for (const [what, choices, chosen] of cases) {
    await context.test(what, async () => {
      const records = { addresses: hosts, texts: txt(choices) };
      const { name } = await resolve("orders.test", records, { hostname: "here" }, () => 0.5);
      assert.deepEqual(name.resolutions[0]!.serviceConfig, chosen);
      name.watch.stop();
    });
  }
});

test("TXT choices: a channel stays on its side of a percentage", async () => {
  const texts = txt([{ percentage: 50, serviceConfig: config("a") }]);
  const { name } = await resolve("orders.test", { addresses: hosts, texts }, {}, cycle(0.2, 0.9));
  for (let i = 0; i < 4; i++) {
    name.clock.advance(30_000);
    name.watch.refresh();
    name.clock.advance(0);
    await turn();
  }
  assert.equal(name.resolutions.length, 5);
  for (const { serviceConfig } of name.resolutions) assert.deepEqual(serviceConfig, config("a"));
  name.watch.stop();
});

test("TXT choices: a record that is wrong is a wrong config, with what is wrong", async (context) => {
  const cases: [record: string, words: RegExp][] = [
    ["grpc_config=", /is no JSON/],
    ["grpc_config=[", /is no JSON/],
    ["grpc_config={}", /TXT _grpc_config.orders.test: must be a list of choices/],
    ["grpc_config=[1]", /orders.test\[0\]: must be an object, got 1/],
    ['grpc_config=[{"serviceConfig":7}]', /\[0\].serviceConfig: must be an object/],
    ['grpc_config=[{"percentage":50}]', /\[0\].serviceConfig: must be an object, got nothing/],
    [
      'grpc_config=[{"percentage":101,"serviceConfig":{}}]',
      /\[0\].percentage: must be a whole number from 0 to 100/,
    ],
    [
      'grpc_config=[{"serviceConfig":{}},{"clientLanguage":"go","serviceConfig":{}}]',
      /\[1\].clientLanguage: must be a list/,
    ],
    ['grpc_config=[{"clientHostname":[7],"serviceConfig":{}}]', /clientHostname: must be a list of texts/],
  ];
  for (const [record, words] of cases) {
    await context.test(record, async () => {
      const texts = { "_grpc_config.orders.test": [record] };
      const { name } = await resolve("orders.test", { addresses: hosts, texts });
      assert.match(String((name.resolutions[0]!.serviceConfig as Error).message), words);
      assert.equal(name.list!.length, 2, "the addresses are new all the same");
      name.watch.stop();
    });
  }
});

test("a TXT record that is somebody else's is no config", async () => {
  const texts = { "_grpc_config.orders.test": ["v=spf1", "x"] };
  const { name } = await resolve("orders.test", { addresses: hosts, texts });
  assert.equal(name.resolutions[0]!.serviceConfig, undefined);
  assert.equal(name.logger.lines.filter(({ level }) => level === "warn").length, 1);
  name.watch.stop();
});

test("A10: neither SRV nor TXT is asked for localhost", async () => {
  for (const host of ["localhost", "LOCALHOST.", "a.localhost"]) {
    const { dns, name } = await resolve(host, { addresses: { [host]: ["127.0.0.1"] } }, { srv: true });
    assert.deepEqual(dns.questions, [`addresses ${host}`]);
    name.watch.stop();
  }
  const literal = await resolve("dns://8.8.8.8/10.0.0.1", {}, { srv: true });
  assert.deepEqual(literal.dns.questions, []);
  literal.name.watch.stop();
});

test("SRV names: weights of 0, hosts that are not there, and a service that is decidedly not there", async () => {
  const services = (...records: SrvRecord[]) => ({ "_grpc._tcp.orders.test": records });
  const text = "dns:///_grpc._tcp.orders.test";
  const first = await resolve(text, {
    addresses: { "a.test": ["10.0.0.1"], "b.test": failed("ESERVFAIL") },
    services: services(srv("a.test", 1, 5, 0), srv("b.test", 2, 5, 7), srv("gone.test", 3, 1, 1)),
  });
  assert.deepEqual(first.name.resolutions[0]!.endpoints, [
    { addresses: [{ host: "10.0.0.1", port: 1 }], weight: 1 },
  ]);
  first.name.watch.stop();
  for (const records of [services(srv(".", 0)), services(srv("", 0)), services(), {}]) {
    const none = await resolve(text, { services: records });
    assert.deepEqual(none.name.list, []);
    none.name.watch.stop();
  }
  const broken = await resolve(text, {
    addresses: { "a.test": failed("ETIMEOUT") },
    services: services(srv("a.test", 1), srv("gone.test", 2)),
  });
  assert.match(broken.name.errors[0]!.text, /ETIMEOUT/);
  broken.name.watch.stop();
});

test("SRV names: the order does not depend on that of the answer", async () => {
  const records = [
    srv("b.test", 2, 1, 5),
    srv("a.test", 9, 1, 5),
    srv("a.test", 1, 1, 5),
    srv("c.test", 3, 0, 1),
  ];
  const addresses = { "a.test": ["10.0.0.1"], "b.test": ["10.0.0.2"], "c.test": ["10.0.0.3"] };
  for (const answer of [records, records.toReversed()]) {
    const services = { "_grpc._tcp.orders.test": answer };
    const { name } = await resolve(
      "_grpc._tcp.orders.test",
      { addresses, services },
      { srvPriorities: "all" },
    );
    assert.deepEqual(name.list, ["10.0.0.3:3", "10.0.0.1:1", "10.0.0.1:9", "10.0.0.2:2"]);
    name.watch.stop();
  }
});

test("ResolverBuild: targets that dns takes, their authority, and those it does not", () => {
  const definition = dnsResolver();
  const { resolver } = definition;
  for (const [text, authority] of [
    ["orders", "orders"],
    ["dns:///orders:80", "orders:80"],
    ["dns://8.8.8.8/orders", "orders"],
    ["dns://[2001:4860::8888]:5353/orders", "orders"],
    [":80", "localhost:80"],
    ["dns:///_grpc._tcp.orders.test", "orders.test"],
    ["10.0.0.1:80", "10.0.0.1:80"],
  ] as const) {
    const target = targetOf(definition, text);
    resolver.check!(target);
    assert.equal(resolver.authority!(target), authority);
  }
  for (const [text, words] of [
    ["dns:///", /"dns:\/\/\/" names no host/],
    ["dns://orders:80", /names the DNS server "orders:80".*three slashes, dns:\/\/\/orders:80$/],
    ["dns://orders/x", /three slashes, dns:\/\/\/orders:443$/],
    ["orders:", /no port after its colon/],
    ["dns:///orders:http", /a port is a number/],
    ["dns:///a/b", /no host name/],
    ["dns:///_grpc._tcp.orders.test:80", /SRV records bring their own/],
    ["dns:///_grpc._tcp.or ders", /no host name/],
  ] as const) {
    assert.throws(() => resolver.check!(targetOf(definition, text)), words, text);
  }
});

test("CustomAuthority: the target says which server is asked", async () => {
  for (const [text, server] of [
    ["orders.test", undefined],
    ["dns://8.8.8.8/orders.test", "8.8.8.8:53"],
    ["dns://8.8.8.8:5353/orders.test", "8.8.8.8:5353"],
    ["dns://[::1]/orders.test", "[::1]:53"],
    ["dns://[::1]:5353/orders.test", "[::1]:5353"],
  ] as const) {
    const { dns, name } = await resolve(text, { addresses: hosts });
    assert.deepEqual(dns.servers, [server]);
    name.watch.stop();
  }
});

test("options of every resolver are those of dns too", async () => {
  const { dns, name } = await resolve(
    "orders.test",
    { addresses: hosts },
    { refreshIntervalMs: 5000, emptyList: "keep" },
  );
  dns.records = {};
  name.clock.advance(5000);
  await turn();
  assert.equal(name.resolutions.length, 1, "the last good list stays");
  name.watch.stop();
});
