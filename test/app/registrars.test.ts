import assert from "node:assert/strict";
import { test } from "node:test";
import { Inject, Injectable, injectionToken, type Registrar } from "../../lib/app/index.js";
import type { BoundListener } from "../../lib/server/index.js";
import { checkAtEnd, recordingLogger } from "../server/support.js";
import { createApp, problemsOf } from "./clients/support.js";
import { moduleClass } from "./modules/fixture.js";

checkAtEnd();

const EVENTS = injectionToken<string[]>("EVENTS");

@Injectable()
class Recorder implements Registrar {
  constructor(@Inject(EVENTS) private readonly events: string[]) {}
  async register(listeners: readonly BoundListener[]): Promise<void> {
    assert.ok(listeners[0]!.port! > 0);
    this.events.push("register");
  }
  async deregister(): Promise<void> {
    this.events.push("deregister");
  }
}

@Injectable()
class Hooks {
  constructor(@Inject(EVENTS) private readonly events: string[]) {}
  onApplicationBootstrap(): void {
    this.events.push("bootstrap");
  }
  beforeApplicationShutdown(): void {
    this.events.push("before shutdown");
  }
  onModuleDestroy(): void {
    this.events.push("destroy");
  }
}

function root(events: string[], registrars: readonly (Registrar | typeof Recorder)[]) {
  return moduleClass("App", { providers: [Hooks, { provide: EVENTS, useValue: events }], registrars });
}

test("registrars register when the application listens, and deregister between the hooks and the drain", async () => {
  const events: string[] = [];
  const app = await createApp(root(events, [Recorder]));
  assert.deepEqual(events, []);
  await app.listen();
  assert.deepEqual(events, ["bootstrap", "register"]);
  await app.close();
  assert.deepEqual(events.slice(2), ["before shutdown", "deregister", "destroy"]);
});

test("a registrar still sees an application that accepts calls while it deregisters", async () => {
  let open: number | undefined;
  const app = await createApp(
    root(
      [],
      [
        {
          register: async () => undefined,
          deregister: async () => {
            open = app.listeners.length;
          },
        },
      ],
    ),
  );
  await app.listen();
  await app.close();
  assert.equal(open, 1);
});

test("a registry that refuses fails the start: what was registered is taken back and everything closed", async () => {
  const events: string[] = [];
  const refusing: Registrar = {
    register: async () => {
      throw new Error("access denied");
    },
    deregister: async () => void events.push("deregister the refused"),
  };
  const logger = recordingLogger();
  const app = await createApp(root(events, [Recorder, refusing, Recorder]), { logger });
  await assert.rejects(app.listen(), {
    name: "StartupError",
    problems: [
      { code: "REGISTRATION_FAILED", message: "Object (App) could not register: Error: access denied" },
    ],
  });
  assert.deepEqual(events, [
    ...["bootstrap", "register", "before shutdown", "deregister", "deregister the refused", "destroy"],
  ]);
  assert.deepEqual(app.listeners, []);
  await app.close();
  assert.equal(events.length, 6);
});

test("what a registrar throws when it deregisters stops nothing, and is in the report", async () => {
  const events: string[] = [];
  const failing: Registrar = {
    register: async () => undefined,
    deregister: () => Promise.reject(new Error("etcd is down")),
  };
  const logger = recordingLogger();
  const app = await createApp(root(events, [failing, Recorder]), { logger });
  await app.listen();
  const { hookFailures } = await app.close();
  assert.deepEqual(
    hookFailures.map(({ participant, hook, error }) => `${participant}.${hook}: ${String(error)}`),
    ["Object (App).deregister: Error: etcd is down"],
  );
  assert.deepEqual(events.slice(-2), ["deregister", "destroy"]);
  assert.deepEqual(
    logger.lines.map(({ message }) => message),
    ["Object (App).deregister failed"],
  );
});

test("an application that was never opened registers nothing", async () => {
  const events: string[] = [];
  const app = await createApp(root(events, [Recorder]));
  await app.close();
  assert.deepEqual(events, []);
});

test("what is no registrar is told at start", async () => {
  class Plain {}
  const registrars = [undefined, Plain, {}] as never;
  assert.deepEqual(await problemsOf(moduleClass("App", { registrars })), [
    "NOT_A_REGISTRAR registrars[0] of App is undefined.\n" +
      "Do the file that declares it and that of the module import each other in a circle?",
    "NOT_A_REGISTRAR registrars[1] of App is Plain, a class without register and deregister.\nImplement Registrar.",
    "NOT_A_REGISTRAR registrars[2] of App is an object without register and deregister.\nImplement Registrar.",
  ]);
});
