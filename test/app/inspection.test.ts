import assert from "node:assert/strict";
import { test } from "node:test";
import { firstValueFrom, type Observable, of } from "rxjs";
import {
  APPLICATION,
  type ApplicationView,
  client,
  Inject,
  Injectable,
  NameResolver,
  type OnModuleInit,
} from "../../lib/app/index.js";
import type { Resolution, Resolver } from "../../lib/client/index.js";
import { createTestingApp } from "../../lib/testing/index.js";
import { Probe } from "../generated/probe.js";
import { checkAtEnd } from "../server/support.js";
import { createApp, frontModule, startBackend } from "./clients/support.js";
import { moduleClass } from "./modules/fixture.js";

checkAtEnd();

test("inspect shows routes, listeners, and of each channel its list, policy and connections, as plain data", async () => {
  const backend = await startBackend(() => ({}));
  const target = `static:///${backend.address}`;
  const clients = [client(Probe, target, { policy: { round_robin: {} } })];
  const front = await createTestingApp(frontModule({ clients })).start();
  for (let i = 0; i < 3; i++) await front.client(Probe).one({});
  const inspection = front.app.inspect();
  assert.deepEqual(JSON.parse(JSON.stringify(inspection.channels)), inspection.channels);
  assert.deepEqual(inspection.routes[0]?.path, "/grebe.test.Probe/One");
  assert.deepEqual(inspection.listeners, [{ address: front.address, tls: false }]);
  const [channel] = inspection.channels;
  assert.equal(inspection.channels.length, 1);
  assert.deepEqual(channel?.clients, ["grebe.test.Probe"]);
  assert.equal(channel.target, target);
  assert.equal(channel.state, "READY");
  assert.equal(channel.policy?.policy, "round_robin");
  assert.deepEqual(channel.resolver.endpoints, [backend.address]);
  assert.deepEqual(
    channel.subchannels.map(({ address, state, picks }) => ({ address, state, picks })),
    [{ address: backend.address, state: "READY", picks: 3 }],
  );
  await front.close();
  await backend.close();
});

test("providers may ask the application that they are part of", async () => {
  const atStart: number[] = [];
  @Injectable()
  class Asking {
    constructor(@Inject(APPLICATION) readonly app: ApplicationView) {
      atStart.push(app.inspect().channels.length, app.listeners.length);
    }
  }
  const app = await createApp(
    moduleClass("App", { providers: [Asking], clients: [client(Probe, "static:///localhost:1")] }),
  );
  assert.deepEqual(atStart, [0, 0]);
  await app.listen();
  const inside = app.get(Asking).app;
  assert.deepEqual(inside.inspect(), app.inspect());
  assert.equal(inside.listeners.length, 1);
  await app.close();
});

test("providers may watch names, through the resolvers of all modules", async () => {
  @NameResolver("fleet")
  class FleetResolver implements Resolver {
    resolve(): Observable<Resolution> {
      return of({ endpoints: [{ addresses: [{ host: "10.0.0.7", port: 7 }] }] });
    }
  }
  const tooEarly: unknown[] = [];
  @Injectable()
  class Watching implements OnModuleInit {
    first: Promise<Resolution> | undefined;
    constructor(@Inject(APPLICATION) readonly app: ApplicationView) {
      try {
        app.watchName("fleet:///orders");
      } catch (error) {
        tooEarly.push(error);
      }
    }
    onModuleInit(): void {
      this.first = firstValueFrom(this.app.watchName("fleet:///orders"));
    }
  }
  const app = await createApp(
    moduleClass("App", {
      imports: [moduleClass("Fleet", { resolvers: [FleetResolver] })],
      providers: [Watching],
    }),
  );
  assert.match(String(tooEarly), /cannot be resolved while providers are built/);
  await app.listen();
  const [endpoint] = (await app.get(Watching).first)!.endpoints;
  assert.deepEqual(endpoint?.addresses, [{ host: "10.0.0.7", port: 7 }]);
  assert.throws(() => app.watchName("flet:///orders"), /Did you mean "fleet"/);
  await app.close();
});
