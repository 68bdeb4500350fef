/** Starts the service from the installed package and calls it; sees that nothing but the named subpaths is reachable. */
import assert from "node:assert/strict";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import { StatusCode } from "grebe";
import { LoggingInterceptor } from "grebe/interceptors";
import { loadSchema } from "grebe/schema";
import { countResources, createTestingApp, expectNoLeaks } from "grebe/testing";
import { AppModule } from "./service.js";

for (const path of [
  "lib/index.js",
  "dist/lib/index.js",
  "dist/lib/rpc/index.js",
  "app",
  "rpc",
  "server/index.js",
]) {
  await assert.rejects(import(`grebe/${path}`), { code: "ERR_PACKAGE_PATH_NOT_EXPORTED" }, path);
}

const before = countResources();
const app = await createTestingApp(AppModule, { interceptors: [new LoggingInterceptor()] }).start();
const client = new Client(app.address, credentials.createInsecure());
const [method] = loadSchema(["greeter.proto"]).findService("Greeter").methods;
assert.ok(method);
const sayHello = (name: string) =>
  new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      method.path,
      (value: object) => method.request.encode(value),
      (bytes) => method.response.decode(bytes),
      { name },
      (error, reply) => (error === null ? resolve(reply) : reject(error)),
    );
  });
assert.deepEqual(await sayHello("Ada"), { text: "Hello, Ada!" });
await assert.rejects(sayHello(""), (error: ServiceError) => error.code === StatusCode.INVALID_ARGUMENT);
client.close();
await app.close();
await expectNoLeaks(before);
console.log("the packed package serves");
