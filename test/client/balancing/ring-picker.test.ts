import assert from "node:assert/strict";
import { test } from "node:test";
import { HashRing } from "../../../lib/client/balancing/hash-ring.js";
import { failPicker, idlePicker, type Picker, queuePicker } from "../../../lib/client/balancing/picker.js";
import { type RingMember, RingPicker } from "../../../lib/client/balancing/ring-picker.js";
import { xxh64 } from "../../../lib/client/balancing/xxh64.js";
import type { ConnectivityState } from "../../../lib/client/connectivity.js";
import { Metadata, type Random, StatusError } from "../../../lib/rpc/index.js";
import { cycle } from "../doubles.js";

class FakeMember implements RingMember {
  exits = 0;
  readonly picker: Picker;

  constructor(
    readonly name: string,
    readonly state: ConnectivityState,
  ) {
    // A failing pick is how these tests see who was asked: no connection is needed to tell.
    this.picker =
      state === "CONNECTING"
        ? queuePicker
        : state === "IDLE"
          ? idlePicker(() => this.exitIdle())
          : failPicker(StatusError.unavailable(`${name} ${state}`));
  }

  exitIdle(): void {
    this.exits += 1;
  }
}

/** Members m0, m1, … with one entry each, in the order of the ring. */
function ringOf(...states: readonly ConnectivityState[]) {
  const places = states.map((_, i) => ({ key: `m${i}`, weight: 1 }));
  const ring = new HashRing(places, { minRingSize: states.length, maxRingSize: states.length });
  // The first state belongs to whoever comes first on the ring.
  const members: FakeMember[] = [];
  for (let position = 0; position < ring.size; position++) {
    const owner = ring.owners[position]!;
    members[owner] = new FakeMember(`#${position}`, states[position]!);
  }
  const inOrder = [...ring.owners].map((owner) => members[owner]!);
  const hashAt = (position: number) => {
    const { high, low } = ring.at(position);
    return (BigInt(high) << 32n) | BigInt(low);
  };
  return { ring, members, inOrder, hashAt };
}

function pick(
  picker: Picker,
  requestHash?: bigint,
  headers: readonly (readonly [string, string])[] = [],
): string {
  const metadata = new Metadata();
  for (const [name, value] of headers) metadata.add(name, value);
  const result = picker.pick({ path: "/s/M", metadata, requestHash });
  return result.kind === "fail" ? result.status.text : result.kind;
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const never: Random = () => assert.fail("chance was asked");

test("PickerPickFirstTwo: a call of known hash goes to the first that does not fail, and connects the idle", async () => {
  const table: readonly (readonly [ConnectivityState, ConnectivityState, string, readonly number[]])[] = [
    ["READY", "IDLE", "#0 READY", [0, 0]],
    ["CONNECTING", "IDLE", "queue", [0, 0]],
    ["IDLE", "IDLE", "queue", [1, 0]],
    ["TRANSIENT_FAILURE", "READY", "#1 READY", [0, 0]],
    ["TRANSIENT_FAILURE", "CONNECTING", "queue", [0, 0]],
    ["TRANSIENT_FAILURE", "IDLE", "queue", [0, 1]],
    ["TRANSIENT_FAILURE", "TRANSIENT_FAILURE", "#0 TRANSIENT_FAILURE", [0, 0]],
  ];
  for (const [first, second, expected, exits] of table) {
    const { ring, members, inOrder, hashAt } = ringOf(first, second);
    const picker = new RingPicker(ring, members, undefined, never);
    assert.equal(pick(picker, hashAt(0)), expected, `${first}, ${second}`);
    await turn();
    assert.deepEqual(
      inOrder.map((member) => member.exits),
      exits,
      `${first}, ${second}`,
    );
  }
});

test("PickerPickFirstTwo: the walk goes on at the start of the ring", () => {
  const { ring, members, hashAt } = ringOf("READY", "TRANSIENT_FAILURE");
  const picker = new RingPicker(ring, members, undefined, never);
  assert.equal(pick(picker, hashAt(1)), "#0 READY");
});

test("PickerNoRequestHash: without a header to hash and without a hash, a call fails", () => {
  const { ring, members } = ringOf("READY");
  assert.match(pick(new RingPicker(ring, members, undefined, never)), /expected .* to set the request hash/);
});

test("PickerRequestHashKey: the values of the header are hashed, joined by commas", () => {
  const names = Array.from({ length: 64 }, (): ConnectivityState => "READY");
  const { ring, members, hashAt } = ringOf(...names);
  const picker = new RingPicker(ring, members, "session-id", never);
  const expected = (text: string) => {
    let at = 0;
    while (at < ring.size && hashAt(at) < xxh64(text)) at += 1;
    return `#${at % ring.size} READY`;
  };
  assert.equal(pick(picker, undefined, [["session-id", "some-value"]]), expected("some-value"));
  const two = [
    ["session-id", "value1"],
    ["session-id", "value2"],
  ] as const;
  assert.equal(pick(picker, undefined, two), expected("value1,value2"));
  assert.equal(pick(picker, undefined, [["session-id", ""]]), expected(""), "an empty value is a value");
  assert.equal(
    pick(picker, 0n, [["session-id", "some-value"]]),
    expected("some-value"),
    "before the hash of the call",
  );
});

test("PickerRequestHashKey: without the header a call goes anywhere", () => {
  const { ring, members } = ringOf("READY", "READY", "READY", "READY");
  const seen = new Set<string>();
  const picker = new RingPicker(
    ring,
    members,
    "session-id",
    cycle(0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95),
  );
  for (let i = 0; i < 100; i++) seen.add(pick(picker, 0n));
  assert.ok(seen.size > 1);
});

test("PickerRandomHash: READY is taken, and at most one is asked to connect", async () => {
  const table: readonly (readonly [readonly ConnectivityState[], string, readonly number[]])[] = [
    [["READY", "IDLE"], "#0 READY", [0, 0]],
    [["IDLE", "READY"], "#1 READY", [1, 0]],
    [["IDLE", "IDLE", "READY"], "#2 READY", [1, 0, 0]],
    [["CONNECTING", "IDLE"], "queue", [0, 0]],
    [["IDLE", "CONNECTING"], "queue", [0, 0]],
    [["IDLE", "CONNECTING", "READY"], "#2 READY", [0, 0, 0]],
    [["TRANSIENT_FAILURE", "IDLE"], "queue", [0, 1]],
    [["TRANSIENT_FAILURE", "CONNECTING", "READY"], "#2 READY", [0, 0, 0]],
    [["TRANSIENT_FAILURE", "TRANSIENT_FAILURE"], "#0 TRANSIENT_FAILURE", [0, 0]],
  ];
  for (const [states, expected, exits] of table) {
    const { ring, members, inOrder } = ringOf(...states);
    // Chance gives 0: the walk starts at the first entry.
    const picker = new RingPicker(ring, members, "session-id", () => 0);
    assert.equal(pick(picker), expected, states.join());
    await turn();
    assert.deepEqual(
      inOrder.map((member) => member.exits),
      exits,
      states.join(),
    );
  }
});

test("PickerRandomHash: of many calls that wait, one makes one endpoint connect", async () => {
  const { ring, members, inOrder } = ringOf("IDLE", "IDLE", "IDLE");
  const picker = new RingPicker(ring, members, "session-id", cycle(0, 0, 0.4, 0, 0.9, 0));
  for (let i = 0; i < 30; i++) assert.equal(pick(picker), "queue");
  await turn();
  assert.equal(
    inOrder.reduce((sum, { exits }) => sum + exits, 0),
    1,
  );
});
