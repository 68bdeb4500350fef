import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decodeInstance, encodeInstance, toEndpoint, toEndpoints } from "../../lib/discovery/instance.js";

/** As `endpoints.Manager` of go.etcd.io/etcd/client/v3 3.5.17 put them into an etcd, byte for byte. */
const writtenByGo = [
  '{"Op":0,"Addr":"10.0.0.7:50051","Metadata":null}',
  '{"Op":0,"Addr":"h:1","Metadata":{"k":"v"}}',
  '{"Op":0,"Addr":"[::1]:3","Metadata":"text"}',
  `{"Op":0,"Addr":"h:2","Metadata":{"Z":0,"a\\u003cb\\u003e\\u0026c":"\\u2028\\u2029\\b\\f\\n\\r\\t\\u0001\x7f\\"\\\\/é😀",` +
    `"big":1e+21,"f":0.25,"list":[1,null,true,{"a":2,"b":1}],"small":1e-7,"weight":3,"zone":"eu-1","ä":1,"～":2,"😀":1}}`,
];

describe("what etcd's Go library writes", () => {
  for (const text of writtenByGo) {
    test(`is read, and written the same, byte for byte: ${text.slice(0, 48)}`, () => {
      assert.equal(encodeInstance(decodeInstance(text)), text);
    });
  }

  test("has its keys in the order of their bytes, also those that are numbers", () => {
    const metadata = { 9: 1, 10: 2, b: { z: undefined, y: new Date(0) }, a: [undefined] };
    assert.equal(
      encodeInstance({ address: "h:1", metadata }),
      '{"Op":0,"Addr":"h:1","Metadata":{"10":2,"9":1,"a":[null],"b":{"y":"1970-01-01T00:00:00.000Z"}}}',
    );
  });

  test("has null where there is no metadata", () => {
    assert.equal(encodeInstance({ address: "h:1" }), '{"Op":0,"Addr":"h:1","Metadata":null}');
    assert.deepEqual(decodeInstance('{"Op":0,"Addr":"h:1","Metadata":null}'), { address: "h:1" });
  });
});

describe("a reader", () => {
  test("takes names in any case, the exact one first, and ignores what it does not know", () => {
    const text = '{"addr":"a:1","ADDR":"b:2","op":1,"metadata":{"weight":2},"More":[]}';
    assert.deepEqual(decodeInstance(text), { address: "b:2", metadata: { weight: 2 } });
    assert.equal(decodeInstance('{"Addr":"exact:1","addr":"a:1"}').address, "exact:1");
  });

  test("says what is wrong", () => {
    for (const [text, what] of [
      ["", /no JSON/],
      ["{", /no JSON/],
      ["[]", /no JSON object/],
      ["null", /no JSON object/],
      ["{}", /"Addr"/],
      ['{"Addr":7}', /"Addr"/],
      ['{"Addr":""}', /"Addr"/],
    ] as const) {
      assert.throws(() => decodeInstance(text), what);
    }
  });

  test("cannot be made to change prototypes", () => {
    const { metadata } = decodeInstance(
      '{"Addr":"h:1","Metadata":{"__proto__":{"weight":7}},"__proto__":{}}',
    );
    assert.equal(toEndpoint({ address: "h:1", metadata }).weight, undefined);
    assert.equal(({} as { weight?: number }).weight, undefined);
  });

  test("is not given metadata that is no JSON", () => {
    assert.throws(() => encodeInstance({ address: "h:1", metadata: () => 1 }), /no JSON/);
    assert.throws(() => encodeInstance({ address: "h:1", metadata: { n: 1n } }), /BigInt/);
  });
});

describe("an endpoint", () => {
  test("has the weight and zone of its metadata, if they make sense", () => {
    const metadata = { weight: 3, zone: "eu-1", more: true };
    assert.deepEqual(toEndpoint({ address: "10.0.0.7:80", metadata }), {
      addresses: [{ host: "10.0.0.7", port: 80 }],
      weight: 3,
      zone: "eu-1",
      metadata,
    });
    for (const odd of [
      { weight: 0 },
      { weight: -1 },
      { weight: 1.5 },
      { weight: 2 ** 32 },
      { weight: "3" },
      { zone: "" },
      "text",
      [3],
    ]) {
      assert.deepEqual(toEndpoint({ address: "h:1", metadata: odd }), {
        addresses: [{ host: "h", port: 1 }],
        metadata: odd,
      });
    }
  });

  test("has an address of TCP, IPv6 in brackets, or a socket", () => {
    const addressOf = (address: string) => toEndpoint({ address }).addresses[0];
    assert.deepEqual(addressOf("[::1]:50051"), { host: "::1", port: 50051 });
    assert.deepEqual(addressOf("orders-1.internal:443"), { host: "orders-1.internal", port: 443 });
    assert.deepEqual(addressOf("unix:/run/a.sock"), { path: "/run/a.sock" });
    assert.deepEqual(addressOf("unix:///run/a.sock"), { path: "/run/a.sock" });
    assert.deepEqual(addressOf("unix:@name"), { path: "\0name" });
    for (const wrong of [
      "host",
      "h:",
      "h:0",
      "h:65536",
      "::1:80",
      "[h]:80",
      ":80",
      "a b:80",
      "http://h:80",
      "unix:",
    ]) {
      assert.throws(() => addressOf(wrong), new RegExp(wrong.replace(/[[\]]/g, "\\$&")), wrong);
    }
  });

  test("comes once for two keys with one address; the order is that of the keys", () => {
    const at = (address: string) => toEndpoint({ address });
    const instances = new Map([
      ["svc/c", at("h:3")],
      ["svc/a", at("h:1")],
      ["svc/b", at("h:1")],
      ["svc/B", at("h:2")],
    ]);
    assert.deepEqual(
      toEndpoints(instances).map(({ addresses }) => (addresses[0] as { port: number }).port),
      [2, 1, 3],
    );
  });
});
