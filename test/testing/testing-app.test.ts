import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { Inject, Injectable, injectionToken, Module } from "../../lib/app/index.js";
import { StartupError, StatusCode } from "../../lib/rpc/index.js";
import { tcp } from "../../lib/server/index.js";
import { countResources, createTestingApp, expectNoLeaks } from "../../lib/testing/index.js";
import { PROBE_PROTO, ProbeClient, probeController } from "../server/probe.js";
import { checkAtEnd } from "../server/support.js";

checkAtEnd();

const GREETING = injectionToken<string>("greeting");

@Injectable()
class Greeter {
  constructor(@Inject(GREETING) private readonly greeting: string) {}
  greet(): string {
    return `${this.greeting}, world`;
  }
}

const Base = probeController({});
@Injectable()
class GreetingController extends Base {
  constructor(@Inject(Greeter) private readonly greeter: Greeter) {
    super();
  }
  override one(): unknown {
    return { text: this.greeter.greet() };
  }
}

@Module({ providers: [Greeter, { provide: GREETING, useValue: "Hello" }], exports: [Greeter] })
class GreeterModule {}

@Module({
  imports: [GreeterModule],
  controllers: [GreetingController],
  protos: [PROBE_PROTO],
  listeners: [tcp({ port: 0 })],
})
class AppModule {}

async function greetingOf(address: string): Promise<unknown> {
  const client = new ProbeClient(address);
  const { status, messages } = await client.one({});
  client.close();
  assert.equal(status.code, StatusCode.OK, status.details);
  return messages[0]?.["text"];
}

test("a whole application starts on a port of its own, and closes", async () => {
  const testing = await createTestingApp(AppModule).start();
  assert.match(testing.address, /^127\.0\.0\.1:\d+$/);
  // The module's own one comes first.
  assert.deepEqual(
    testing.app.listeners.map(({ address }) => address === testing.address),
    [false, true],
  );
  assert.equal(await greetingOf(testing.address), "Hello, world");
  assert.ok(testing.get(Greeter) instanceof Greeter);
  const report = await testing.close();
  assert.deepEqual(report.cut, []);
});

test("override puts a value in the place of a provider, wherever that is declared", async () => {
  const testing = await createTestingApp(AppModule).override(GREETING, "Moin").start();
  assert.equal(await greetingOf(testing.address), "Moin, world");
  await testing.close();
  const faked = await createTestingApp(AppModule)
    .override(Greeter, { greet: () => "fake" } as Greeter)
    .start();
  assert.equal(await greetingOf(faked.address), "fake");
  await faked.close();
});

test("overrideProvider takes a class or a factory", async () => {
  class Loud {
    greet(): string {
      return "HELLO";
    }
  }
  for (const override of [{ useClass: Loud }, { useFactory: () => new Loud() }]) {
    const testing = await createTestingApp(AppModule).overrideProvider(Greeter, override).start();
    assert.equal(await greetingOf(testing.address), "HELLO");
    await testing.close();
  }
});

test("two applications of one module share nothing", async () => {
  const [a, b] = await Promise.all([
    createTestingApp(AppModule).override(GREETING, "A").start(),
    createTestingApp(AppModule).override(GREETING, "B").start(),
  ]);
  assert.equal(await greetingOf(a.address), "A, world");
  await a.close();
  assert.equal(await greetingOf(b.address), "B, world");
  await b.close();
});

test("mistakes at start are thrown, and nothing stays open", async () => {
  class Empty {}
  Module({ controllers: [GreetingController] })(Empty);
  const before = countResources();
  await assert.rejects(createTestingApp(Empty).start(), StartupError);
  await expectNoLeaks(before);
});

test("the leak check names what was left open, and is content when it is closed", async () => {
  const before = countResources();
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const timer = setTimeout(() => undefined, 60_000);
  await assert.rejects(expectNoLeaks(before, 3), /left open: .*1 × TCPServerWrap/);
  await assert.rejects(expectNoLeaks(before, 3), /1 × Timeout/);
  clearTimeout(timer);
  server.close();
  await expectNoLeaks(before);
});
