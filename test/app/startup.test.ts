import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { IsInt, IsString, ValidateNested } from "class-validator";
import { from, Observable } from "rxjs";
import {
  type ApplicationOptions,
  GrpcApplication,
  GrpcMethod,
  GrpcService,
  Module,
  type ModuleOptions,
  Validate,
} from "../../lib/app/index.js";
import { Flow } from "../../lib/flow/index.js";
import { StartupError, silentLogger } from "../../lib/rpc/index.js";
import { tcp } from "../../lib/server/index.js";
import { PROBE_PROTO, probeController } from "../server/probe.js";
import { checkAtEnd } from "../server/support.js";

const folder = mkdtempSync(join(tmpdir(), "grebe-startup-"));
after(() => rmSync(folder, { recursive: true }));
checkAtEnd();

/** The text that a start fails with. */
async function startOf(module: ModuleOptions, options: ApplicationOptions = {}): Promise<string> {
  class AppModule {}
  Module({ protos: [PROBE_PROTO], listeners: [tcp({ port: 0 })], ...module })(AppModule);
  const app = await GrpcApplication.create(AppModule, {
    logger: silentLogger,
    signals: [],
    ...options,
  }).catch((error: unknown) => {
    assert.ok(error instanceof StartupError, String(error));
    return error.message;
  });
  if (typeof app === "string") return app;
  await app.close();
  return "it starts";
}

class Message {
  number!: number;
}

const others = ["one", "many", "collect", "chat", "nothing"];
const without = (...names: string[]): { unimplemented: string[] } => ({
  unimplemented: others.filter((name) => !names.includes(name)),
});

test("an application without mistakes starts", async () => {
  assert.equal(await startOf({ controllers: [probeController({})] }), "it starts");
});

test("all mistakes of controllers and options are told at once", async () => {
  class Outsider {}

  @GrpcService("grebe.test.Prob")
  class Misspelt {
    @GrpcMethod() one(): object {
      return {};
    }
  }

  class Rules {
    @IsInt() number!: number;
    @IsString() nunber!: string;
    @ValidateNested() kind!: Message;
  }

  @GrpcService("grebe.test.Probe", { unimplemented: ["nothing", "chatt", "one"] })
  class Confused {
    @GrpcMethod() one(_request: Rules): object {
      return {};
    }
    @GrpcMethod("One") first(): object {
      return {};
    }
    @GrpcMethod() mani(): object {
      return {};
    }
    @GrpcMethod() collect(_request: Message): object {
      return {};
    }
    @GrpcMethod({ window: 0, overflow: "dropOld" as never, bufer: 1 } as object) chat(
      requests: Flow<object>,
    ): Flow<object> {
      return requests;
    }
  }

  const text = await startOf(
    { controllers: [Outsider, Misspelt, Confused, probeController({})], listeners: [] },
    { drainLimitMs: -1, drainLimit: 5 } as ApplicationOptions,
  );
  assert.equal(
    text,
    `
17 mistakes stop the application
  BAD_OPTION         The application has no option "drainLimit". Did you mean "drainLimitMs"?
  BAD_OPTION         drainLimitMs must be a number of milliseconds below 2147483648, got -1.
  NOT_A_CONTROLLER   Outsider, listed under controllers of AppModule, has no @GrpcService. Add @GrpcService("package.Service").
  UNKNOWN_SERVICE    Misspelt serves "grebe.test.Prob", which no loaded proto declares. Did you mean "grebe.test.Probe"?
                     Known: grebe.test.Probe. Check the module's "protos".
  HANDLER_TWICE      Confused.one and Confused.first both serve /grebe.test.Probe/One. Keep one of them.
  UNKNOWN_METHOD     Confused.mani handles no method of grebe.test.Probe. Did you mean "many"?
                     It has: One, Many, Collect, Chat, Nothing. Name the rpc by @GrpcMethod("…") if the method is called differently.
  WRONG_MODE         Confused.collect serves /grebe.test.Probe/Collect, a clientStreaming rpc, but takes one Message.
                     Declare its parameter as Flow<Message>, and add @Validate(Message) to have each message checked.
  BAD_OPTION         @GrpcMethod of Confused.chat: there is no option "bufer".
  BAD_OPTION         @GrpcMethod of Confused.chat: window must be a positive whole number, got 0.
  BAD_OPTION         @GrpcMethod of Confused.chat: overflow must be one of error, dropOldest, dropNewest, latest, got "dropOld".
  UNKNOWN_METHOD     Confused lists "chatt" as unimplemented, which grebe.test.Probe does not have. Did you mean "chat"?
  BAD_OPTION         Confused lists "one" as unimplemented, but has a handler for it. Remove one of the two.
  HANDLER_MISSING    grebe.test.Probe.Many has no handler. Add @GrpcMethod() many(…) to Confused, or list "many" as unimplemented in its @GrpcService.
  SERVICE_TWICE      Confused and ProbeController both serve grebe.test.Probe. Keep one of them, or merge their handlers.
  UNKNOWN_FIELD      Rules.nunber has rules, but grebe.test.Item has no field "nunber". Did you mean "number"?
  WRONG_FIELD_CLASS  Rules.kind has the class Message, but grebe.test.Item.kind is enum grebe.test.Kind, not a message.
  NO_LISTENER        AppModule and its modules have no listeners. Add listeners: [tcp({ port: 50051 })] to a module.
`.trim(),
  );
});

test("a handler whose types cannot fit the mode of its rpc is told what to declare", async () => {
  @GrpcService("grebe.test.Probe", without("one", "many", "collect", "nothing"))
  class Wrong {
    @GrpcMethod() one(_requests: Flow<object>): object {
      return {};
    }
    @GrpcMethod() many(_request: object): Message {
      return new Message();
    }
    @GrpcMethod() collect(_requests: Observable<object>): object[] {
      return [];
    }
    @GrpcMethod() nothing(): string {
      return "";
    }
  }
  const text = await startOf({ controllers: [Wrong] });
  assert.match(text, /^4 mistakes/);
  for (const words of [
    "Wrong.one serves /grebe.test.Probe/One, a unary rpc, but takes a stream. Declare its parameter as one message.",
    "Wrong.many serves /grebe.test.Probe/Many, a serverStreaming rpc, but returns Message.",
    "Wrong.collect serves /grebe.test.Probe/Collect, a clientStreaming rpc, but returns Array.",
    "Wrong.nothing serves /grebe.test.Probe/Nothing, a unary rpc, but returns String.",
  ])
    assert.ok(text.includes(words), `${words}\n is missing in\n${text}`);
});

test("handlers that say nothing, or the right thing, about their types are taken", async () => {
  @GrpcService("grebe.test.Probe", without("one", "many", "collect", "chat"))
  class Right {
    @GrpcMethod() async one(_request: Message): Promise<object> {
      return {};
    }
    @GrpcMethod() many(): Observable<object> {
      return from([]);
    }
    @GrpcMethod() @Validate(Message) async collect(_requests: AsyncIterable<object>): Promise<object> {
      return {};
    }
    @GrpcMethod() async *chat(requests: Flow<object>): AsyncIterable<object> {
      yield* requests;
    }
  }
  assert.equal(await startOf({ controllers: [Right] }), "it starts");
});

test("options that the mode of an rpc has no use for are told", async () => {
  @GrpcService("grebe.test.Probe", without("one", "many"))
  class Dead {
    @GrpcMethod({ window: 4, bufferSize: 8 }) one(): object {
      return {};
    }
    @GrpcMethod({ window: 4, bufferSize: 0 }) many(): object {
      return [];
    }
  }
  const text = await startOf({ controllers: [Dead] });
  assert.match(text, /Dead\.one: window does nothing, since a unary rpc receives one message/);
  assert.match(text, /Dead\.one: overflow and bufferSize do nothing, since a unary rpc sends one message/);
  assert.match(text, /Dead\.many: window does nothing/);
  assert.match(text, /Dead\.many: bufferSize must be a positive whole number, got 0/);
});

test("rules that do not fit the message are told", async () => {
  class Rules {
    @IsInt() number!: number;
    @IsString() txt!: string;
    @IsInt() text!: number;
    @ValidateNested() inner!: unknown;
  }
  @GrpcService("grebe.test.Probe", without("one"))
  class Checked {
    @GrpcMethod() one(_request: Rules): object {
      return {};
    }
  }
  const text = await startOf({ controllers: [Checked] });
  assert.match(text, /UNKNOWN_FIELD +Rules\.txt .*Did you mean "text"\?/);
  assert.match(text, /WRONG_FIELD_CLASS +Rules\.text .*string/);
  assert.match(text, /WRONG_FIELD_CLASS +Rules\.inner /);
});

test("protos that cannot be found, parsed or told apart in code are told", async () => {
  assert.match(await startOf({ protos: [join(folder, "none.proto")] }), /BAD_PROTO .*none\.proto/);
  writeFileSync(join(folder, "broken.proto"), 'syntax = "proto3";\nmessage {');
  assert.match(await startOf({ protos: [join(folder, "broken.proto")] }), /BAD_PROTO .*broken\.proto:2/);
  writeFileSync(
    join(folder, "twins.proto"),
    'syntax = "proto3"; package t; message M { string zip_code = 1; string zipCode = 2; }',
  );
  assert.match(
    await startOf({ protos: [join(folder, "twins.proto")] }),
    /DUPLICATE_FIELD .*zip_code and zipCode/,
  );
});

test("protos that cannot be used are the only mistake told of their services", async () => {
  assert.match(
    await startOf({ protos: [join(folder, "none.proto")], controllers: [probeController({})] }),
    /^the application cannot start\n {2}BAD_PROTO .*none\.proto is not there/,
  );
  assert.match(
    await startOf({ protos: [], controllers: [probeController({})] }),
    /UNKNOWN_SERVICE {2}ProbeController serves "grebe\.test\.Probe".*\n +No proto is loaded\. Check/,
  );
});

test("mistakes of all layers are told together", async () => {
  class Needy {
    constructor(readonly message: Message) {}
  }
  const tls = { cert: "none.crt", key: "none.key" };
  const text = await startOf(
    { protos: [join(folder, "none.proto")], providers: [Needy], listeners: [tcp({ port: -1 })] },
    { listeners: [tcp({ port: 0, tls })], validation: { grups: [] } as object },
  );
  assert.deepEqual(
    [...text.matchAll(/^ {2}([A-Z_]+)/gm)].map(([, code]) => code),
    ["BAD_OPTION", "BAD_PROTO", "BAD_ADDRESS", "BAD_TLS", "NOT_INJECTABLE"],
  );
});

test("an application without a listener is told how to add one", async () => {
  assert.match(
    await startOf({ controllers: [probeController({})], listeners: [] }),
    /NO_LISTENER +AppModule and its modules have no listeners\. Add listeners: \[tcp/,
  );
});

test("methods may be left out on purpose, by controller or by module", async () => {
  @GrpcService("grebe.test.Probe", without())
  class None {}
  assert.equal(await startOf({ controllers: [None] }), "it starts");
  @GrpcService("grebe.test.Probe")
  class Bare {}
  for (const unimplemented of [
    ["grebe.test.Probe"],
    ["One", "Many", "Collect", "Chat", "Nothing"].map((name) => `grebe.test.Probe/${name}`),
  ]) {
    assert.equal(await startOf({ controllers: [Bare], unimplemented }), "it starts");
  }
});
