import assert from "node:assert/strict";
import { test } from "node:test";
import { concatMap, type Flow } from "../../lib/flow/index.js";
import { type Item, outcomeOf, startProbe } from "./probe.js";

test("all four modes answer", async () => {
  const probe = await startProbe({
    one: (request: Item) => ({ number: (request["number"] as number) + 1 }),
    many: (request: Item) => Array.from({ length: request["number"] as number }, (_, number) => ({ number })),
    collect: async (requests: Flow<Item>) => {
      let number = 0;
      for await (const item of requests) number += item["number"] as number;
      return { number };
    },
    chat: (requests: Flow<Item>) =>
      requests.pipe(concatMap(async (item: Item) => ({ number: (item["number"] as number) * 2 }))),
  });
  const one = await probe.client.one({ number: 41 });
  assert.equal(one.status.code, 0);
  assert.equal(one.messages[0]?.["number"], 42);
  const many = await outcomeOf(probe.client.many({ number: 1000 }));
  assert.equal(many.status.code, 0);
  assert.equal(many.messages.length, 1000);
  const sum = await new Promise<Item | undefined>((resolve, reject) => {
    const call = probe.client.collect((error, value) => (error ? reject(error) : resolve(value)));
    for (let number = 0; number < 100; number++) call.write({ number });
    call.end();
  });
  assert.equal(sum?.["number"], 4950);
  const chat = probe.client.chat();
  const done = outcomeOf(chat);
  for (let number = 0; number < 10; number++) chat.write({ number });
  chat.end();
  const chatted = await done;
  assert.equal(chatted.status.code, 0);
  assert.deepEqual(
    chatted.messages.map((m) => m["number"]),
    [0, 2, 4, 6, 8, 10, 12, 14, 16, 18],
  );
  await probe.stop();
});
