/** `@GrpcService(Probe)` with a generated constant: what does not fit does not compile. The compiler is the test. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { of } from "rxjs";
import { GrpcMethod, GrpcService, Module } from "../../lib/app/index.js";
import type { Flow } from "../../lib/flow/index.js";
import { createTestingApp } from "../../lib/testing/index.js";
import { type Item, type ItemInit, Probe } from "../generated/probe.js";
import { ProbeClient } from "../server/probe.js";

@GrpcService(Probe, { unimplemented: ["nothing"] })
class Complete {
  @GrpcMethod()
  one(request: Item): ItemInit {
    return { number: request.number + 1 };
  }
  @GrpcMethod()
  many(_request: Item) {
    return of({ number: 1 }, { text: "two" });
  }
  @GrpcMethod()
  async collect(requests: Flow<Item>): Promise<ItemInit> {
    let number = 0;
    for await (const item of requests) number += item.number;
    return { number };
  }
  @GrpcMethod()
  async *chat(requests: Flow<Item>): AsyncGenerator<ItemInit> {
    for await (const item of requests) yield { text: item.text };
  }
}

// @ts-expect-error: chat and nothing are missing
@GrpcService(Probe)
class Incomplete {
  one(request: Item) {
    return request;
  }
  many(request: Item) {
    return [request];
  }
  async collect() {
    return {};
  }
}

const others = { unimplemented: ["many", "collect", "chat", "nothing"] } as const;

// @ts-expect-error: a unary handler takes one message
@GrpcService(Probe, others)
class StreamForUnary {
  one(_requests: Flow<Item>): ItemInit {
    return {};
  }
}

// @ts-expect-error: the answer is another message
@GrpcService(Probe, others)
class WrongAnswer {
  one(_request: Item) {
    return { population: 5 };
  }
}

// @ts-expect-error: the request is another message
@GrpcService(Probe, others)
class WrongRequest {
  one(_request: { number: string; population: number }): ItemInit {
    return {};
  }
}

// @ts-expect-error: a response stream is no single message
@GrpcService(Probe, { unimplemented: ["one", "collect", "chat", "nothing"] })
class MessageForStream {
  many(_request: Item): ItemInit {
    return {};
  }
}

// @ts-expect-error: there is no such rpc to leave out
@GrpcService(Probe, { unimplemented: ["onee"] })
class UnknownRpc extends Complete {}

/** A class of its own for the message, with some of its fields. */
class CheckedItem {
  number!: number;
}

@GrpcService(Probe, others)
class OwnClass {
  @GrpcMethod()
  one(request: CheckedItem): ItemInit {
    return { number: request instanceof CheckedItem ? request.number * 2 : 0 };
  }
}

async function askOne(controller: new () => object): Promise<unknown> {
  class AppModule {}
  Module({ controllers: [controller] })(AppModule);
  const app = await createTestingApp(AppModule).start();
  const client = new ProbeClient(app.address);
  const { messages } = await client.one({ number: 20 });
  client.close();
  await app.close();
  return messages[0]?.["number"];
}

test("a generated constant needs no proto file at run time", async () => {
  assert.equal(await askOne(Complete), 21);
});

test("a handler gets instances of the class it asks for", async () => {
  assert.equal(await askOne(OwnClass), 40);
});

test("controllers that do not fit their service do not compile", () => {
  const refused = [Incomplete, StreamForUnary, WrongAnswer, WrongRequest, MessageForStream, UnknownRpc];
  assert.equal(refused.length, 6);
});
