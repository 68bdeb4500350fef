import assert from "node:assert/strict";
import { test } from "node:test";
import { from, interval, map, merge, of, Subject, take, tap } from "rxjs";
import { concatMap, Flow, flowOf, iterate, mergeMap, overflow, toFlow } from "../../lib/flow/index.js";
import { StatusCode, StatusError } from "../../lib/rpc/index.js";

const turn = () => new Promise((resolve) => setImmediate(resolve));

function counting(limit: number): { source: Flow<number>; pulled: () => number; returned: () => boolean } {
  let pulled = 0;
  let returned = false;
  function* numbers() {
    try {
      for (; pulled < limit; ) yield pulled++;
    } finally {
      returned = true;
    }
  }
  return { source: toFlow(numbers()), pulled: () => pulled, returned: () => returned };
}

test("for await takes one message at a time from an iterable", async () => {
  const { source, pulled } = counting(100);
  const seen: number[] = [];
  for await (const n of source) {
    seen.push(n);
    await turn();
    assert.ok(pulled() <= seen.length + 1, `${pulled()} pulled for ${seen.length} seen`);
    if (n === 9) break;
  }
  assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("breaking out of for await ends the generator behind the flow", async () => {
  const { source, returned } = counting(100);
  for await (const _ of source) break;
  assert.equal(returned(), true);
});

test("synchronous rxjs operators keep the demand of a flow", async () => {
  const { source, pulled } = counting(1000);
  const iterator = source
    .pipe(
      map((n) => n * 2),
      tap(),
      take(50),
    )
    [Symbol.asyncIterator]();
  assert.deepEqual(await iterator.next(), { done: false, value: 0 });
  await turn();
  assert.ok(pulled() <= 2);
  await iterator.return?.();
});

test("concatMap works on one message after the other and takes none meanwhile", async () => {
  const { source, pulled } = counting(20);
  let active = 0;
  let most = 0;
  const results: number[] = [];
  await new Promise<void>((resolve, reject) =>
    source
      .pipe(
        concatMap(async (n) => {
          most = Math.max(most, ++active);
          await turn();
          assert.ok(pulled() <= n + 2);
          active -= 1;
          return n * 10;
        }),
      )
      .subscribe({ next: (n) => void results.push(n), error: reject, complete: resolve }),
  );
  assert.equal(most, 1);
  assert.equal(results.length, 20);
  assert.equal(results[19], 190);
});

test("mergeMap runs up to its concurrency at once and holds the source at that", async () => {
  const { source, pulled } = counting(40);
  let active = 0;
  let most = 0;
  const results: number[] = [];
  for await (const n of source.pipe(
    mergeMap(async (n: number) => {
      most = Math.max(most, ++active);
      await turn();
      active -= 1;
      return n;
    }, 4),
  ) as Flow<number>) {
    results.push(n);
    assert.ok(pulled() <= results.length + 6);
  }
  assert.equal(results.length, 40);
  assert.ok(most <= 4 && most > 1, `at most 4 at once, got ${most}`);
});

test("mergeMap flattens Observables, iterables of an async kind, promises and plain values", async () => {
  const flow = flowOf<number>(1, 2, 3, 4).pipe(
    concatMap((n: number) => {
      if (n === 1) return of("a", "b");
      if (n === 2) return Promise.resolve("c");
      if (n === 3)
        return (async function* () {
          yield "d";
          yield "e";
        })();
      return "f";
    }),
  );
  const seen: unknown[] = [];
  for await (const value of flow) seen.push(value);
  assert.deepEqual(seen, ["a", "b", "c", "d", "e", "f"]);
});

test("a subscriber that returns a promise is waited for", async () => {
  const { source, pulled } = counting(10);
  let seen = 0;
  await new Promise<void>((resolve) => {
    source.subscribe({
      next: (async () => {
        seen += 1;
        await turn();
        assert.ok(pulled() <= seen + 1);
        if (seen === 10) resolve();
      }) as (n: number) => void,
    });
  });
  assert.equal(seen, 10);
});

test("a source that pushes past a slow reader fails with RESOURCE_EXHAUSTED when the buffer is full", async () => {
  const subject = new Subject<number>();
  const iterator = iterate(subject, { bufferSize: 3 });
  const first = iterator.next();
  for (let n = 0; n < 6; n++) subject.next(n);
  assert.deepEqual(await first, { done: false, value: 0 });
  for (let n = 1; n <= 3; n++) assert.equal((await iterator.next()).value, n);
  await assert.rejects(iterator.next(), (error) => {
    assert.ok(error instanceof StatusError);
    assert.equal(error.code, StatusCode.RESOURCE_EXHAUSTED);
    return true;
  });
});

for (const [name, expected] of [
  ["dropOldest", [0, 8, 9]],
  ["dropNewest", [0, 1, 2]],
  ["latest", [0, 9]],
] as const) {
  test(`overflow ${name} keeps what it says`, async () => {
    const subject = new Subject<number>();
    const iterator = iterate(subject.pipe(overflow({ overflow: name, bufferSize: 2 })));
    const seen: number[] = [];
    const first = iterator.next();
    for (let n = 0; n < 10; n++) subject.next(n);
    subject.complete();
    seen.push((await first).value as number);
    for (let result = await iterator.next(); !result.done; result = await iterator.next())
      seen.push(result.value);
    assert.deepEqual(seen, expected);
  });
}

test("an Observable merged of several flows resumes all of them", async () => {
  const a = counting(50);
  const b = counting(50);
  const seen: number[] = [];
  for await (const n of toFlow(merge(a.source, b.source))) seen.push(n);
  assert.equal(seen.length, 100);
});

test("unsubscribing stops a source that is asynchronous", async () => {
  let returned = false;
  async function* ticks() {
    try {
      for (let n = 0; ; n++) {
        await turn();
        yield n;
      }
    } finally {
      returned = true;
    }
  }
  const seen: number[] = [];
  await new Promise<void>((resolve) => {
    toFlow(ticks())
      .pipe(take(3))
      .subscribe({ next: (n) => void seen.push(n), complete: resolve });
  });
  await turn();
  assert.deepEqual(seen, [0, 1, 2]);
  assert.equal(returned, true);
});

test("errors of a source reach the iterating consumer", async () => {
  const failing = toFlow(from([1, 2])).pipe(
    map((n) => {
      if (n === 2) throw new Error("two");
      return n;
    }),
  );
  await assert.rejects(async () => {
    for await (const _ of failing) await turn();
  }, /two/);
});

test("a source that is unsubscribed while iterating leaves no timer", async () => {
  for await (const n of toFlow(interval(1))) if (n === 1) break;
  assert.ok(!process.getActiveResourcesInfo().includes("Timeout"));
});
