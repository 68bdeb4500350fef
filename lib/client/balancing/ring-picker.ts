import { type Metadata, metadataValues, type Random, StatusError } from "../../rpc/index.js";
import type { ConnectivityState } from "../connectivity.js";
import type { HashRing } from "./hash-ring.js";
import type { PickArgs, Picker, PickResult } from "./picker.js";
import { type Hash64, hashText } from "./xxh64.js";

/** An endpoint on the ring, as it is at the moment of the pick. */
export interface RingMember {
  readonly state: ConnectivityState;
  readonly picker: Picker;
  exitIdle(): void;
}

const queued: PickResult = { kind: "queue" };
const noHash: PickResult = {
  kind: "fail",
  status: StatusError.unavailable(
    "ringhash: expected xDS config selector to set the request hash: " +
      "give the call a requestHash, or ring_hash a requestHashHeader",
  ),
};

// The hash of the call at hand: a pick neither waits nor calls a picker of a ring in between.
const hash: Hash64 = { high: 0, low: 0 };

/** Sends calls of equal hash to the same member, for as long as that one is not failing. */
export class RingPicker implements Picker {
  readonly #ring: HashRing;
  /** As the owners of the ring's entries are numbered. */
  readonly #members: readonly RingMember[];
  readonly #header: string | undefined;
  readonly #random: Random;
  /** Whether some member connects, as far as calls without a hash are concerned; known once one asks. */
  #connecting: boolean | undefined;

  constructor(ring: HashRing, members: readonly RingMember[], header: string | undefined, random: Random) {
    this.#ring = ring;
    this.#members = members;
    this.#header = header;
    this.#random = random;
  }

  pick(args: PickArgs): PickResult {
    if (this.#header !== undefined) {
      const value = headerValue(args.metadata, this.#header);
      if (value === undefined) return this.#pickAny(args);
      hashText(hash, value);
    } else {
      const { requestHash } = args;
      if (requestHash === undefined) return noHash;
      hash.high = Number((requestHash >> 32n) & 0xffffffffn);
      hash.low = Number(requestHash & 0xffffffffn);
    }
    return this.#pickKnown(args);
  }

  /** The first member from the hash on that does not fail; it connects if it is IDLE. */
  #pickKnown(args: PickArgs): PickResult {
    const { owners } = this.#ring;
    const start = this.#ring.find(hash);
    let position = start;
    do {
      const member = this.#members[owners[position]!]!;
      if (member.state !== "TRANSIENT_FAILURE") return member.picker.pick(args);
      position = position + 1 === owners.length ? 0 : position + 1;
    } while (position !== start);
    return this.#members[owners[start]!]!.picker.pick(args);
  }

  /** A76: a call without a hash takes the first that is READY; on the way to it, at most one is asked to connect. */
  #pickAny(args: PickArgs): PickResult {
    hash.high = Math.floor(this.#random() * 4_294_967_296);
    hash.low = Math.floor(this.#random() * 4_294_967_296);
    const { owners } = this.#ring;
    const start = this.#ring.find(hash);
    this.#connecting ??= this.#members.some(({ state }) => state === "CONNECTING");
    let position = start;
    do {
      const member = this.#members[owners[position]!]!;
      if (member.state === "READY") return member.picker.pick(args);
      if (member.state === "IDLE" && !this.#connecting) {
        // One for all calls of this picker: it is replaced as soon as that one has begun.
        this.#connecting = true;
        // Not from within the pick: whoever picks may be in the middle of a list of waiting calls.
        queueMicrotask(() => member.exitIdle());
      }
      position = position + 1 === owners.length ? 0 : position + 1;
    } while (position !== start);
    return this.#connecting ? queued : this.#members[owners[start]!]!.picker.pick(args);
  }
}

/** The values of a header as one, undefined if it is not there. */
function headerValue(metadata: Metadata, name: string): string | undefined {
  const values = metadataValues(metadata, name);
  return values !== undefined && values.length > 1 ? values.join(",") : values?.[0]?.toString();
}
