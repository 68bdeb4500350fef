import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { EtcdCalls } from "../../lib/discovery/etcd/etcd-calls.js";
import { checkEtcdOptions } from "../../lib/discovery/etcd/etcd-options.js";
import { EtcdClient } from "../../lib/discovery/index.js";
import { StatusCode, StatusError } from "../../lib/rpc/index.js";
import { checkAtEnd, until } from "../server/support.js";
import { certificate } from "./etcd-server.js";
import { clientOf, instanceAt, keyOf, noEtcd, ownEtcd, sharedEtcd, watchOf } from "./etcd-support.js";

const etcd = sharedEtcd();
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("services in etcd", { skip: noEtcd }, () => {
  test("TestEndpointManager: what is put and deleted is seen with its key, address and metadata", async () => {
    const server = await etcd();
    const watch = watchOf(clientOf(server), "manager");
    await watch.is();
    await server.put("manager/a", instanceAt("127.0.0.1:2000", '{"weight":3,"zone":"eu-1","k":"v"}'));
    await watch.is("a=127.0.0.1:2000");
    assert.deepEqual(watch.endpoints(), [
      {
        addresses: [{ host: "127.0.0.1", port: 2000 }],
        ...{ weight: 3, zone: "eu-1", metadata: { weight: 3, zone: "eu-1", k: "v" } },
      },
    ]);
    await server.delete("manager/a");
    await watch.is();
    assert.deepEqual(watch.lists, [[], ["a=127.0.0.1:2000"], []]);
    watch.stop();
  });

  test("TestEndpointManagerAtomicity: what is added in one transaction comes in one update", async () => {
    const server = await etcd();
    const watch = watchOf(clientOf(server), "atomic");
    await watch.is();
    const requestPut = (address: string) => ({
      requestPut: { key: base64(`atomic/${address}`), value: base64(instanceAt(address)) },
    });
    await server.call("/kv/txn", { success: [requestPut("h:1"), requestPut("h:2"), requestPut("h:3")] });
    await watch.is("h:1=h:1", "h:2=h:2", "h:3=h:3");
    assert.equal(watch.lists.length, 2);
    watch.stop();
  });

  test("TestEndpointManagerCRUD: added, listed, changed and deleted", async () => {
    const server = await etcd();
    const client = clientOf(server);
    await server.put("crud/a", instanceAt("h:1"));
    await server.put("crud/b", instanceAt("h:2"));
    const watch = watchOf(client, "crud");
    await watch.is("a=h:1", "b=h:2");
    await server.put("crud/b", instanceAt("h:3"));
    await watch.is("a=h:1", "b=h:3");
    await server.delete("crud/a");
    await watch.is("b=h:3");
    const late = watchOf(client, "crud");
    await late.is("b=h:3");
    watch.stop();
    late.stop();
  });

  test("TestEtcdEndpointManager: `foo` does not see `foobar`, nor the other way round", async () => {
    const server = await etcd();
    const client = clientOf(server);
    const [foo, foobar] = [watchOf(client, "foo"), watchOf(client, "foobar")];
    await server.put("foo/a", instanceAt("h:1"));
    await server.put("foobar/b", instanceAt("h:2"));
    await server.put("foo0", instanceAt("h:3"));
    await foo.is("a=h:1");
    await foobar.is("b=h:2");
    assert.equal(foo.lists.flat().length, 1);
    foo.stop();
    foobar.stop();
  });

  test("a key with nothing behind the slash is an instance like others; bad JSON is left out", async () => {
    const server = await etcd();
    await server.put("odd/", instanceAt("h:1"));
    await server.put("odd/bad", "h:2");
    await server.put("odd/go", instanceAt("h:1", '{"k":"v"}'));
    const watch = watchOf(clientOf(server), "odd");
    await watch.is("=h:1", "go=h:1");
    assert.deepEqual(watch.warnings(), ["odd/bad in etcd is left out: it is no JSON"]);
    watch.stop();
  });

  test("what is registered has the bytes of Go's library, and a lease that is given back", async () => {
    const server = await etcd();
    const key = keyOf(clientOf(server), "bytes/10.0.0.7:50051", 30);
    await key.start();
    assert.deepEqual(await server.entries("bytes/"), {
      "bytes/10.0.0.7:50051": '{"Op":0,"Addr":"10.0.0.7:50051","Metadata":null}',
    });
    assert.equal((await server.leases()).length, 1);
    await key.stop(1000);
    assert.deepEqual(await server.entries("bytes/"), {});
    assert.deepEqual(await server.leases(), []);
  });

  test("deregistration leaves a successor alone that has the same key", async () => {
    const server = await etcd();
    const client = clientOf(server);
    const [old, young] = [keyOf(client, "heir/h:1", 30), keyOf(client, "heir/h:1", 30)];
    await old.start();
    await young.start();
    await old.stop(1000);
    assert.deepEqual(Object.keys(await server.entries("heir/")), ["heir/h:1"]);
    await young.stop(1000);
    assert.deepEqual(await server.entries("heir/"), {});
  });

  test("lease expiry: the entry of a process that is gone goes with its lease", async () => {
    const server = await etcd();
    const watch = watchOf(clientOf(server), "expiry");
    const process = new EtcdClient({ endpoints: [server.address] });
    const [gone, kept] = [keyOf(process, "expiry/h:1", 1), keyOf(clientOf(server), "expiry/h:2", 1)];
    await gone.start();
    await kept.start();
    await watch.is("h:1=h:1", "h:2=h:2");
    await process.close();
    await watch.is("h:2=h:2");
    await kept.stop(1000);
    await watch.is();
    watch.stop();
  });

  test("a lease that an operator revokes, and a key that one deletes, come back", async () => {
    const server = await ownEtcd();
    const key = keyOf(clientOf(server), "stubborn/h:1", 1);
    await key.start();
    const entries = () => server.entries("stubborn/").then((found) => Object.keys(found).length);
    const [ID] = await server.leases();
    await server.call("/kv/lease/revoke", { ID });
    await waitFor(async () => (await entries()) === 1 && (await server.leases())[0] !== ID);
    await server.delete("stubborn/h:1");
    await waitFor(async () => (await entries()) === 1);
    assert.match(
      key.logger.lines.map(({ message }) => message).join("\n"),
      /is over; it is registered again/,
    );
    await key.stop(1000);
  });

  test("compaction between the list and the watch: listed anew, watched from there", async () => {
    const server = await ownEtcd();
    const client = clientOf(server);
    await server.put("compacted/a", instanceAt("h:1"));
    let lists = 0;
    const calls: EtcdCalls = {
      range: async (request, options) => {
        const response = await client.range(request, options);
        if (++lists === 1) {
          for (const port of [2, 3, 4]) await server.put("compacted/b", instanceAt(`h:${port}`));
          await server.delete("compacted/a");
          await server.compact();
        }
        return response;
      },
      watch: (requests) => client.watch(requests),
      ...{ txn: unused, leaseGrant: unused, leaseRevoke: unused, leaseKeepAlive: unused },
    };
    const watch = watchOf(calls, "compacted");
    await watch.is("b=h:4");
    await server.put("compacted/c", instanceAt("h:5"));
    await watch.is("b=h:4", "c=h:5");
    assert.deepEqual(watch.lists, [["a=h:1"], ["b=h:4"], ["b=h:4", "c=h:5"]]);
    assert.equal(lists, 2);
    assert.deepEqual(watch.errors, []);
    watch.stop();
  });

  test("an event of many instances at once is larger than one response may be", async () => {
    const server = await ownEtcd();
    const watch = watchOf(clientOf(server), "large");
    await watch.is();
    const padding = "x".repeat(12_000);
    const success = Array.from({ length: 100 }, (_, index) => ({
      requestPut: {
        key: base64(`large/h:${index + 1}`),
        value: base64(instanceAt(`h:${index + 1}`, `"${padding}"`)),
      },
    }));
    await server.call("/kv/txn", { success });
    await until(() => watch.lists.at(-1)?.length === 100, "all are there");
    assert.equal(watch.lists.length, 2);
    watch.stop();
  });
});

describe("an etcd that goes and comes", { skip: noEtcd }, () => {
  test("with its data: what is known is kept meanwhile, changes and registrations go on", async () => {
    const server = await ownEtcd();
    const client = clientOf(server);
    const watch = watchOf(client, "restart");
    const key = keyOf(client, "restart/h:1", 10);
    await key.start();
    await watch.is("h:1=h:1");
    const [lease] = await server.leases();
    await server.kill();
    await until(() => watch.warnings().length > 0, "the watch is lost");
    await server.start();
    await server.put("restart/h:2", instanceAt("h:2"));
    await watch.is("h:1=h:1", "h:2=h:2");
    assert.deepEqual(watch.lists.slice(-2), [["h:1=h:1"], ["h:1=h:1", "h:2=h:2"]]);
    assert.deepEqual(await server.leases(), [lease]);
    assert.deepEqual(watch.errors, []);
    await key.stop(1000);
    watch.stop();
  });

  test("without its data: all register again, and the watch follows though revisions start anew", async () => {
    const server = await ownEtcd();
    const client = clientOf(server);
    for (let i = 0; i < 20; i++) await server.put("other", String(i));
    const watch = watchOf(client, "wiped");
    const keys = ["wiped/h:1", "wiped/h:2"].map((name) => keyOf(client, name, 10));
    await Promise.all(keys.map((key) => key.start()));
    await watch.is("h:1=h:1", "h:2=h:2");
    await server.kill();
    await server.wipe();
    await server.start();
    await waitFor(async () => Object.keys(await server.entries("wiped/")).length === 2);
    await watch.is("h:1=h:1", "h:2=h:2");
    await server.put("wiped/h:3", instanceAt("h:3"));
    await watch.is("h:1=h:1", "h:2=h:2", "h:3=h:3");
    assert.deepEqual(watch.errors, []);
    await Promise.all(keys.map((key) => key.stop(1000)));
    await watch.is("h:3=h:3");
    watch.stop();
  });

  test("for longer than the lease: the entry is back when it is", async () => {
    const server = await ownEtcd();
    const key = keyOf(clientOf(server), "long/h:1", 1);
    await key.start();
    await server.kill();
    await until(
      () => key.logger.lines.some(({ message }) => message.includes("lease of long/h:1 is over")),
      "the lease is over",
    );
    await server.wipe();
    await server.start();
    await waitFor(async () => Object.keys(await server.entries("long/")).length === 1);
    await key.stop(1000);
  });

  test("at start: registering does not wait for it, and is made up for", async () => {
    const server = await ownEtcd();
    await server.kill();
    const client = clientOf(server);
    const key = keyOf(client, "later/h:1", 10);
    const watch = watchOf(client, "later");
    await key.start();
    await until(() => watch.errors.length === 1, "the channel is told");
    assert.equal((watch.errors[0] as StatusError).code, StatusCode.UNAVAILABLE);
    await server.start();
    await waitFor(async () => Object.keys(await server.entries("later/")).length === 1);
    await key.stop(1000);
  });

  test("at the end: deregistering is given up when its time is over", async () => {
    const server = await ownEtcd();
    const key = keyOf(clientOf(server), "end/h:1", 10);
    await key.start();
    await server.kill();
    const startedAt = performance.now();
    await key.stop(300);
    const tookMs = performance.now() - startedAt;
    assert.ok(tookMs > 200 && tookMs < 2000, `${tookMs} ms`);
    assert.match(
      key.logger.lines.at(-1)!.message,
      /could not be deleted from etcd; it goes by itself within 10 s/,
    );
  });

  test("stopped, not dead (SIGSTOP): deregistering is given up as well", async () => {
    const server = await ownEtcd();
    const key = keyOf(clientOf(server), "paused/h:1", 10);
    await key.start();
    server.signal("SIGSTOP");
    await key.stop(300);
    server.signal("SIGCONT");
    assert.match(key.logger.lines.at(-1)!.message, /could not be deleted/);
  });

  test("of several members one that is dead is passed over", async () => {
    const server = await ownEtcd();
    const dead = await ownEtcd();
    await dead.remove();
    const client = clientOf(server, { endpoints: [dead.address, server.address] });
    const watch = watchOf(client, "members");
    const key = keyOf(client, "members/h:1", 10);
    await key.start();
    await watch.is("h:1=h:1");
    await key.stop(1000);
    await watch.is();
    watch.stop();
  });
});

describe("TLS", { skip: noEtcd }, () => {
  const secure = sharedEtcd({ tls: true });

  test("with the authority's certificate", async () => {
    const server = await secure();
    const client = clientOf(server, {
      endpoints: [`https://${server.address}`],
      tls: { ca: certificate("ca.crt") },
    });
    const watch = watchOf(client, "secure");
    const key = keyOf(client, "secure/h:1", 10);
    await key.start();
    await watch.is("h:1=h:1");
    await key.stop(1000);
    await watch.is();
    watch.stop();
  });

  test("a server that another authority has signed is not talked to", async () => {
    const client = clientOf(await secure(), { tls: { ca: certificate("stranger-ca.crt") } });
    await assert.rejects(client.range({ key: Buffer.from("a") }), /certificate|issuer/i);
  });

  test("with a certificate of the client", async () => {
    const server = await ownMutualEtcd();
    const ca = certificate("ca.crt");
    const known = clientOf(server, {
      tls: { ca, cert: certificate("client.crt"), key: certificate("client.key") },
    });
    assert.equal((await known.range({ key: Buffer.from("a") })).count, "0");
    const stranger = clientOf(server, { tls: { ca } });
    await assert.rejects(stranger.range({ key: Buffer.from("a") }), { code: StatusCode.UNAVAILABLE });
  });
});

describe("users and passwords", { skip: noEtcd }, () => {
  test("who logs in registers and watches, also when etcd has forgotten all tokens", async () => {
    const server = await ownEtcd();
    await server.enableAuth("secret");
    const client = clientOf(server, { username: "root", password: "secret" });
    const watch = watchOf(client, "auth");
    const key = keyOf(client, "auth/h:1", 2);
    await key.start();
    await watch.is("h:1=h:1");
    await server.kill();
    await server.start();
    await server.login("secret");
    await server.put("auth/h:2", instanceAt("h:2"));
    await watch.is("h:1=h:1", "h:2=h:2");
    await waitFor(async () => Object.keys(await server.entries("auth/")).length === 2);
    await key.stop(1000);
    await watch.is("h:2=h:2");
    watch.stop();
  });

  test("who does not is refused: registering fails, and says so", async () => {
    const server = await ownEtcd();
    await server.enableAuth("secret");
    await assert.rejects(keyOf(clientOf(server), "auth/h:1").start(), /user name is empty/);
    const wrong = clientOf(server, { username: "root", password: "guess" });
    await assert.rejects(keyOf(wrong, "auth/h:1").start(), /invalid user ID or password/);
    const watch = watchOf(wrong, "auth");
    await until(() => watch.errors.length === 1, "the channel is told");
  });

  test("a cluster without users takes a client that has one", async () => {
    const server = await etcd();
    const client = clientOf(server, { username: "root", password: "secret" });
    const key = keyOf(client, "nobody/h:1", 10);
    await key.start();
    await key.stop(1000);
  });

  test("switched on under way: the client logs in", async () => {
    const server = await ownEtcd();
    const client = clientOf(server, { username: "root", password: "secret" });
    await client.range({ key: Buffer.from("a") });
    await server.enableAuth("secret");
    assert.equal((await client.range({ key: Buffer.from("a") })).count, "0");
  });
});

describe("wrong options are told in words", () => {
  for (const [options, what] of [
    [{ endpoints: [] }, /endpoints must list at least one member/],
    [{ endpoints: "127.0.0.1:2379" as never }, /endpoints must list/],
    [{ endpoints: ["h:0"] }, /"h:0" is no host:port/],
    [{ endpoints: ["a b"] }, /"a b" is no host:port/],
    [{ endpoints: ["https://h"] }, /"https:\/\/h" wants TLS/],
    [{ endpoints: ["h"], username: "root" }, /username and password go together/],
    [
      { endpoints: ["h"], register: { name: "a", ttlS: 0.5 } },
      /register\.ttlS of a must be a whole number of seconds/,
    ],
    [{ endpoints: ["h"], register: { name: "/a" } }, /EtcdModule: register\.name/],
  ] as const) {
    test(JSON.stringify(options), () => assert.throws(() => checkEtcdOptions(options), what));
  }

  test("a member has the port 2379 if it names none", () => {
    const { members } = checkEtcdOptions({ endpoints: ["etcd-1", "http://etcd-2/", "[::1]", "[::1]:79"] });
    assert.deepEqual(
      members.map(({ host, port }) => `${host} ${port}`),
      ["etcd-1 2379", "etcd-2 2379", "::1 2379", "::1 79"],
    );
  });
});

/** With certificates of clients etcd's gateway, and so this test's other way in, is closed. */
async function ownMutualEtcd() {
  return ownEtcd({ tls: true, clientCertificates: true });
}

async function waitFor(isTrue: () => Promise<boolean>): Promise<void> {
  let holds = false;
  const giveUpAt = performance.now() + 8000;
  while (!holds) {
    assert.ok(performance.now() < giveUpAt, `waited in vain until ${isTrue}`);
    holds = await isTrue();
    if (!holds) await new Promise((again) => setTimeout(again, 20));
  }
}

function unused(): never {
  throw new Error("a watch needs no such call");
}

checkAtEnd();
