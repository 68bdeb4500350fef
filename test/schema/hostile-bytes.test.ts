import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { loadSchema } from "../../lib/schema/index.js";
import { projectFolder } from "./proto-roots.js";
import { createRandom, randomMessage } from "./random-message.js";

const includeDirs = [join(projectFolder, "test/schema/protos")];
const schema = loadSchema(["shapes/everything.proto"], { includeDirs });
const everything = schema.codec("shapes.all.Everything");
const type = schema.types.messages.get("shapes.all.Everything")!;
const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

describe("bytes that are no message are refused", () => {
  const cases: Record<string, Buffer> = {
    "a truncated varint": hex("18 ff"),
    "a truncated 64-bit varint": hex("20 ff ff ff ff ff ff"),
    "a varint of eleven bytes": hex("20 ff ff ff ff ff ff ff ff ff ff 01"),
    "a truncated double": hex("09 00 00"),
    "a truncated string": hex("72 05 41 42"),
    "a length of two gigabytes": hex("72 ff ff ff ff 07"),
    "a length beyond 32 bits": hex("72 ff ff ff ff ff 01"),
    "a packed field that is cut": hex("f2 01 02 ff"),
    "a packed field whose last element runs over": hex("f2 01 01 ff 01"),
    "a nested message that runs over": hex("8a 01 01 12 01 41"),
    "field number 0": hex("00 01"),
    "wire type 6": hex("1e"),
    "wire type 7": hex("1f"),
    "an end of group without a start": hex("1c"),
    "a group that does not end": hex("a3 3e"),
    "a group that ends as another": hex("a3 3e ac 3e"),
    "a tag of six bytes": hex("ff ff ff ff ff 01"),
    "invalid UTF-8": hex("72 02 c3 28"),
    "invalid UTF-8 in a long string": Buffer.concat([hex("72 3c"), Buffer.alloc(60, 0xff)]),
    "an overlong form in UTF-8": hex("72 02 c0 80"),
    "a surrogate in UTF-8": hex("72 03 ed a0 80"),
    "invalid UTF-8 in a map's key": hex("e2 03 03 0a 01 ff"),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    test(name, () => assert.throws(() => everything.decode(bytes), Error));
  }

  test("a replacement character that was really sent is none of them", () => {
    const decoded = everything.decode(everything.encode({ fString: "\ufffd" })) as { fString: string };
    assert.equal(decoded.fString, "\ufffd");
  });
});

describe("nesting", () => {
  const nest = (depth: number, innermost: Buffer, wrap: (bytes: Buffer) => Buffer) => {
    let bytes = innermost;
    for (let i = 0; i < depth; i++) bytes = wrap(bytes);
    return bytes;
  };
  const prefix = (tag: string, bytes: Buffer) => {
    const length: number[] = [];
    let rest = bytes.length;
    for (; rest > 127; rest >>>= 7) length.push((rest & 127) | 128);
    return Buffer.concat([hex(tag), Buffer.from([...length, rest]), bytes]);
  };
  // Inner.again = 4
  const inners = (depth: number) =>
    prefix(
      "8a 01",
      nest(depth - 1, Buffer.alloc(0), (bytes) => prefix("22", bytes)),
    );

  test("a hundred levels are read", () => assert.ok(everything.decode(inners(100))));
  test("more are refused", () => assert.throws(() => everything.decode(inners(101)), /more than 100 deep/));
  test("a million levels are refused at once", () => {
    const groups = Buffer.alloc(1_000_000, 0xa3);
    for (let i = 1; i < groups.length; i += 2) groups[i] = 0x3e;
    assert.throws(() => everything.decode(groups), Error);
  });
  test("unknown groups are passed over", () => {
    assert.deepEqual(everything.decode(hex("a3 3e 08 01 a4 3e 18 07")), everything.decode(hex("18 07")));
  });
});

describe("prototypes", () => {
  test("a map's key __proto__ is an entry like any other", () => {
    const bytes = Buffer.concat([hex("ea 03 0f 08 01 12 0b"), hex("e2 03 08 0a 01 5f 12 03 61 62 63")]);
    const decoded = everything.decode(bytes) as { byUint32?: object };
    assert.equal(Object.getPrototypeOf(decoded), Object.prototype);
    const key = Buffer.from("__proto__");
    const entry = Buffer.concat([hex("0a 09"), key, hex("12 01 78")]);
    const map = (
      everything.decode(Buffer.concat([hex("e2 03"), Buffer.of(entry.length), entry])) as { byString: object }
    ).byString;
    assert.equal(Object.getPrototypeOf(map), Object.prototype);
    assert.deepEqual(Object.keys(map), ["__proto__"]);
    assert.equal(everything.encode({ byString: map }).length, entry.length + 3);
  });

  test("fields and keys named like members of every object are own properties", () => {
    const keywords = schema.codec("shapes.all.Keywords");
    const decoded = keywords.decode(keywords.encode({ constructor: 7, hasOwnProperty: 8 })) as Record<
      string,
      unknown
    >;
    assert.equal(decoded.constructor, 7);
    assert.equal(Object.hasOwn(decoded, "hasOwnProperty"), true);
    assert.equal({}.constructor, Object);
  });
});

describe("fuzz, with a fixed seed", () => {
  test("random messages survive a round trip", () => {
    const random = createRandom(20_240_229);
    for (let i = 0; i < 400; i++) {
      const message = randomMessage(type, random);
      const bytes = everything.encode(message);
      const decoded = everything.decode(bytes);
      assert.deepEqual(everything.decode(everything.encode(decoded)), decoded);
      assert.deepEqual(everything.encode(decoded), bytes);
    }
  });

  test("changed bytes never hang, crash or change a prototype", () => {
    const random = createRandom(7);
    const prototype = Object.getOwnPropertyNames(Object.prototype).join();
    let refused = 0;
    for (let i = 0; i < 4_000; i++) {
      const bytes = Buffer.from(everything.encode(randomMessage(type, random)));
      const changes = 1 + random.below(4);
      for (let change = 0; change < changes && bytes.length > 0; change++) {
        bytes[random.below(bytes.length)] = random.below(256);
      }
      const cut = bytes.subarray(0, random.below(3) === 0 ? random.below(bytes.length + 1) : bytes.length);
      try {
        const decoded = everything.decode(cut);
        assert.equal(Object.getPrototypeOf(decoded), Object.prototype);
        everything.encode(decoded);
      } catch (error) {
        assert.ok(error instanceof Error);
        refused++;
      }
    }
    assert.ok(refused > 400, `${refused} were refused`);
    assert.equal(Object.getOwnPropertyNames(Object.prototype).join(), prototype);
    assert.equal(Object.getPrototypeOf({}), Object.prototype);
  });

  test("random bytes are read or refused", () => {
    const random = createRandom(99);
    for (let i = 0; i < 10_000; i++) {
      const bytes = Buffer.from(Array.from({ length: random.below(64) }, () => random.below(256)));
      try {
        everything.decode(bytes);
      } catch (error) {
        assert.ok(error instanceof Error);
      }
    }
  });
});
