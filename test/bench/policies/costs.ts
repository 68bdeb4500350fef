/** What picks and updates cost, measured in short blocks of one policy's own process. */
import { endpointKey } from "../../../lib/client/index.js";
import { okOutcome } from "../../client/doubles.js";
import { Crowd, createEndpoints } from "./crowd.js";
import type { PolicySetup } from "./setups.js";

/** Microseconds per update, the first pick after it included, and what the update did to subchannels. */
export interface UpdateCost {
  readonly micros: readonly number[];
  /** Subchannels made, of all updates together. */
  readonly made: number;
  /** Subchannels let go although their endpoint was still in the list. */
  readonly dropped: number;
}

export interface UpdateCosts {
  readonly same: UpdateCost;
  readonly oneChanged: UpdateCost;
}

const warmupBlocks = 5;
/** Between two looks at the clock. */
const picksPerLook = 1024;
/** Calls under way at once. */
const underWay = 64;

/** One policy above crowds of different sizes. */
export class PickMeter {
  readonly #crowds: readonly Crowd[];

  private constructor(crowds: readonly Crowd[]) {
    this.#crowds = crowds;
  }

  /** Throws an Error if calls do not reach who they should. */
  static async gather(setup: PolicySetup, sizes: readonly number[]): Promise<PickMeter> {
    const crowds: Crowd[] = [];
    for (const size of sizes) crowds.push(await Crowd.gather(setup, size));
    for (const crowd of crowds) checkReach(setup, crowd);
    return new PickMeter(crowds);
  }

  /** Nanoseconds per pick, for each size in turn. */
  measure(blockMs: number): readonly number[] {
    return this.#crowds.map((crowd) => measureBlock(crowd, blockMs));
  }
}

/** Picks, each of which ends when 64 later ones have begun. */
function measureBlock(crowd: Crowd, blockMs: number): number {
  const open = Array.from({ length: underWay }, (_, index) => crowd.pickOne(index));
  const startMs = performance.now();
  const endMs = startMs + blockMs;
  let picks = 0;
  let nowMs = startMs;
  while (nowMs < endMs) {
    for (let i = 0; i < picksPerLook; i++) {
      const slot = i % underWay;
      open[slot]!.onEnd?.(okOutcome);
      open[slot] = crowd.pickOne(picks + i);
    }
    picks += picksPerLook;
    nowMs = performance.now();
  }
  for (const result of open) result.onEnd?.(okOutcome);
  return ((nowMs - startMs) * 1e6) / picks;
}

/** Throws an Error unless calls go to as many endpoints as they should: a cheap pick of the wrong ones is no figure. */
function checkReach(setup: PolicySetup, crowd: Crowd): void {
  const expected = setup.reached(crowd.size);
  if (expected === undefined) return;
  const reached = new Set<unknown>();
  for (let index = 0; index < 30 * expected && reached.size <= expected; index++) {
    const { subchannel, onEnd } = crowd.pickOne(index);
    reached.add(subchannel.address);
    onEnd?.(okOutcome);
  }
  if (reached.size !== expected) {
    throw new Error(`calls reach ${reached.size} of ${crowd.size} endpoints instead of ${expected}`);
  }
}

/** Throws an Error if an update makes a subchannel for an endpoint that was kept. */
export async function measureUpdates(
  setup: PolicySetup,
  size: number,
  updates: number,
): Promise<UpdateCosts> {
  const crowd = await Crowd.gather(setup, size);
  const costs = { same: emptyCost(), oneChanged: emptyCost() };
  for (let round = -warmupBlocks; round < updates; round++) {
    const changed = { index: 1 + (Math.abs(round * 7919) % (size - 1)), port: 50052 };
    // The one that has moved moves back with the first list of the next round, which is not measured.
    await measureUpdate(crowd, setup, createEndpoints(setup, size), 1);
    const same = await measureUpdate(crowd, setup, createEndpoints(setup, size), 0);
    const one = await measureUpdate(crowd, setup, createEndpoints(setup, size, changed), 1);
    if (round < 0) continue;
    add(costs.same, same);
    add(costs.oneChanged, one);
  }
  return costs;
}

interface Counted {
  micros: number[];
  made: number;
  dropped: number;
}

function emptyCost(): Counted {
  return { micros: [], made: 0, dropped: 0 };
}

function add(sum: Counted, one: Counted): void {
  sum.micros.push(...one.micros);
  sum.made += one.made;
  sum.dropped += one.dropped;
}

async function measureUpdate(
  crowd: Crowd,
  setup: PolicySetup,
  list: ReturnType<typeof createEndpoints>,
  changes: number,
): Promise<Counted> {
  const kept = new Set(list.map(endpointKey));
  crowd.forget();
  const startMs = performance.now();
  crowd.update(list);
  const first = crowd.tryPick(0);
  const micros = (performance.now() - startMs) * 1e3;
  if (first.kind === "complete") first.onEnd?.(okOutcome);
  const dropped = [...crowd.dropped].filter((key) => kept.has(key)).length;
  const { made } = crowd;
  if (made > changes) throw new Error(`${made} subchannels were made where ${changes} endpoints changed`);
  if (dropped > (setup.dropsKept ? changes : 0)) throw new Error(`${dropped} kept subchannels were let go`);
  await crowd.connect();
  return { micros: [micros], made, dropped };
}
