import assert from "node:assert/strict";
import { test } from "node:test";
import { StaticStride, scaleWeights, TurnSequence } from "../../../lib/client/balancing/static-stride.js";
import { seeded } from "../doubles.js";

const take = (turns: { next(): number }, count: number) => Array.from({ length: count }, () => turns.next());

function counts(turns: { next(): number }, of: number, picks: number): number[] {
  const taken = new Array<number>(of).fill(0);
  for (let i = 0; i < picks; i++) taken[turns.next()]! += 1;
  return taken;
}

function stride(weights: readonly number[], start = 0): StaticStride {
  return new StaticStride(scaleWeights(weights)!, new TurnSequence(weights.length, start));
}

const vectors: readonly {
  readonly weights: readonly number[];
  readonly scaled: readonly number[];
  readonly first: string;
  readonly of11000: readonly number[];
}[] = [
  { weights: [1, 10], scaled: [6554, 65535], first: "111111111011111111110111", of11000: [1000, 10_000] },
  {
    weights: [1, 2, 3],
    scaled: [21845, 43690, 65535],
    first: "122012122012122012122012",
    of11000: [1833, 3667, 5500],
  },
  {
    weights: [0, 1, 3],
    scaled: [43690, 21845, 65535],
    first: "201202201202201202201202",
    of11000: [3667, 1833, 5500],
  },
];

for (const { weights, scaled, first, of11000 } of vectors) {
  test(`weights ${weights} give the sequence of the reference`, () => {
    assert.deepEqual([...scaleWeights(weights)!], scaled);
    assert.equal(take(stride(weights), 24).join(""), first);
    counts(stride(weights), weights.length, 11_000).forEach((taken, i) => {
      assert.ok(Math.abs(taken - of11000[i]!) <= 1, `${taken} for ${of11000[i]}`);
    });
  });
}

test("equal weights need no schedule, also where an unknown one becomes their mean", () => {
  assert.equal(scaleWeights([1, 1, 0]), undefined);
  assert.equal(scaleWeights([0.3, 0.3, 0.3]), undefined);
  assert.equal(take(new TurnSequence(3, 0), 7).join(""), "0120120");
});

test("the sequence starts in the middle, and may start anywhere", () => {
  assert.equal(take(new TurnSequence(3, 4), 4).join(""), "1201");
  assert.equal(
    take(
      TurnSequence.startingAnywhere(4, () => 0.5),
      2,
    ).join(""),
    "01",
  );
  assert.equal(
    take(
      TurnSequence.startingAnywhere(4, () => 3 / 2 ** 32),
      2,
    ).join(""),
    "30",
  );
});

/** The definition, word for word. */
function reference(scaled: ArrayLike<number>, start: number, count: number): number[] {
  const taken: number[] = [];
  for (let sequence = start; taken.length < count; sequence++) {
    const index = sequence % scaled.length;
    const round = Math.floor(sequence / scaled.length);
    const weight = scaled[index]!;
    if ((weight * round + index * 32_767) % 65_535 >= 65_535 - weight) taken.push(index);
  }
  return taken;
}

test("turns are those of the definition, whatever the weights and wherever it starts", () => {
  const random = seeded(7);
  for (let run = 0; run < 40; run++) {
    const weights = Array.from({ length: 2 + Math.floor(random() * 12) }, () => 1 + random() * 30);
    const scaled = scaleWeights(weights)!;
    const start = Math.floor(random() * 2 ** 31);
    const strided = new StaticStride(scaled, new TurnSequence(weights.length, start));
    assert.deepEqual(take(strided, 500), reference(scaled, start, 500));
  }
});

test("turns are those of the definition where rounds begin anew", () => {
  const scaled = scaleWeights([3, 7, 11])!;
  const start = 3 * 65_530;
  const strided = new StaticStride(scaled, new TurnSequence(3, start));
  assert.deepEqual(take(strided, 60), reference(scaled, start, 60));
});

test("over 10,000 turns everyone has its share, within 2 %", () => {
  const random = seeded(3);
  for (const count of [2, 3, 10, 50]) {
    const weights = Array.from({ length: count }, () => 1 + random() * 9);
    const sum = weights.reduce((a, b) => a + b, 0);
    const taken = counts(stride(weights, Math.floor(random() * 2 ** 32)), count, 10_000);
    taken.forEach((share, i) => {
      const wanted = (10_000 * weights[i]!) / sum;
      assert.ok(Math.abs(share - wanted) <= Math.max(2, wanted * 0.02), `${share} for ${wanted}`);
    });
  }
});

test("a new schedule goes on where the old one was", () => {
  const sequence = new TurnSequence(3, 0);
  const scaled = scaleWeights([1, 2, 3])!;
  const taken = [
    ...take(new StaticStride(scaled, sequence), 10),
    ...take(new StaticStride(scaled, sequence), 14),
  ];
  assert.equal(taken.join(""), "122012122012122012122012");
});

test("a weight counts as at most ten times the mean", () => {
  const weights = [...new Array<number>(98).fill(1), 1_000_000, 0];
  const mean = (98 + 1_000_000) / 99;
  const scaled = scaleWeights(weights)!;
  assert.equal(scaled[98], 65_535);
  assert.equal(scaled[99], Math.round(65_535 / 10));
  // Without the limits, the others would come once in 10,000 rounds.
  assert.equal(scaled[0], Math.max(Math.round(65_535 / (10 * mean)), Math.round(6554 * 0.01)));
});

test("a weight counts as at least 1 % of the mean, and never as nothing", () => {
  assert.deepEqual([...scaleWeights([1e-9, 1, 1])!], [437, 65_535, 65_535]);
  const taken = counts(stride([1e-12, 1]), 2, 30_000);
  assert.ok(taken[0]! > 100, `${taken}`);
});

test("weights at the ends of what numbers can be are scaled all the same", () => {
  assert.deepEqual([...scaleWeights([Number.MAX_VALUE, Number.MAX_VALUE / 3])!], [65_535, 21_845]);
  assert.deepEqual([...scaleWeights([Number.MIN_VALUE, 3 * Number.MIN_VALUE])!], [21_845, 65_535]);
});
