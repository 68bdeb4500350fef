import assert from "node:assert/strict";
import { test } from "node:test";
import { GrpcApplication } from "../../lib/app/index.js";
import { type CallContext, StatusCode, StatusError, silentLogger } from "../../lib/rpc/index.js";
import { Inspect } from "../../lib/schema/index.js";
import { tcp } from "../../lib/server/index.js";
import { InspectModule } from "../../lib/services/index.js";
import { createTestingApp } from "../../lib/testing/index.js";
import { moduleClass } from "../app/modules/fixture.js";
import { checkAtEnd } from "../server/support.js";

checkAtEnd();

test("the service gives what app.inspect() shows, as JSON", async () => {
  const app = await createTestingApp(moduleClass("App", { imports: [InspectModule] })).start();
  const { json } = await app.client(Inspect).get({});
  assert.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify(app.app.inspect())));
  assert.equal(app.app.inspect().routes[0]?.path, "/grebe.inspect.v1.Inspect/Get");
  await app.close();
});

/** Lets every call come from another machine. */
const fromAfar = {
  canActivate: (call: CallContext): boolean => {
    Object.defineProperty(call, "peer", { value: { address: "192.0.2.7:4711", tls: undefined } });
    return true;
  },
};

test("peers of other machines are refused, unless they are let in", async () => {
  const root = (module: typeof InspectModule | ReturnType<typeof InspectModule.forRoot>) =>
    createTestingApp(moduleClass("App", { imports: [module] }), { guards: [fromAfar] }).start();
  const closed = await root(InspectModule);
  await assert.rejects(closed.client(Inspect).get({}), { code: StatusCode.PERMISSION_DENIED });
  await closed.close();
  const open = await root(InspectModule.forRoot({ remote: true }));
  assert.match((await open.client(Inspect).get({})).json, /^\{"routes"/);
  await open.close();
  const guard = {
    canActivate: (): boolean => {
      throw StatusError.unauthenticated("send a token");
    },
  };
  const guarded = await root(InspectModule.forRoot({ remote: true, guards: [guard] }));
  await assert.rejects(guarded.client(Inspect).get({}), { code: StatusCode.UNAUTHENTICATED });
  await guarded.close();
});

test("an application that is not open yet can be asked, too", async () => {
  const options = { listeners: [tcp({ port: 0 })], logger: silentLogger, signals: [] };
  const app = await GrpcApplication.create(moduleClass("App", { imports: [InspectModule] }), options);
  assert.deepEqual(app.inspect().listeners, []);
  await app.close();
});
