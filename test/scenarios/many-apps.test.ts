/** Applications of one process share nothing, and leave nothing behind. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Observable } from "rxjs";
import { Inject, Injectable, injectionToken, NameResolver } from "../../lib/app/index.js";
import { parseAddress, type Resolution, type Resolver, roundRobin } from "../../lib/client/index.js";
import { moduleClass } from "../app/modules/fixture.js";
import { startProbe } from "../server/probe.js";
import { checkAtEnd } from "../server/support.js";
import { startFront } from "./front.js";
import type { Holdings } from "./open-and-close.js";

checkAtEnd();

test("two applications of one process: the same scheme and target, each with a resolver of its own", async () => {
  const ADDRESS = injectionToken<string>("ADDRESS");

  @NameResolver("fleet")
  @Injectable()
  class FleetResolver implements Resolver {
    constructor(@Inject(ADDRESS) private readonly address: string) {}
    resolve(): Observable<Resolution> {
      const endpoints = [{ addresses: [parseAddress(this.address)] }];
      return new Observable((subscriber) => subscriber.next({ endpoints }));
    }
  }

  const open = async (name: string) => {
    const backend = await startProbe({ one: () => ({ text: name }) });
    const providers = [{ provide: ADDRESS, useValue: backend.address }];
    const registry = moduleClass("FleetModule", { providers, resolvers: [FleetResolver] });
    const front = await startFront(registry, "fleet:///all", { policy: roundRobin() });
    return { backend, front };
  };
  const [red, blue] = await Promise.all([open("red"), open("blue")]);
  for (let round = 0; round < 50; round++) {
    const answers = await Promise.all([red.front.probe.one({}), blue.front.probe.one({})]);
    assert.deepEqual(
      answers.map(({ text }) => text),
      ["red", "blue"],
    );
  }
  // The end of one is nothing to the other.
  await red.front.close();
  await red.backend.stop();
  assert.equal((await blue.front.probe.one({})).text, "blue");
  await blue.front.close();
  await blue.backend.stop();
});

const ROUNDS = 200;
/** The process itself grows for a while, as its code is compiled. */
const WARM_UP_ROUNDS = 200;
/** Still compiled code, and noise: behind some thousand rounds it is next to nothing. */
const MAX_BYTES_PER_ROUND = 8000;

test("applications with clients are opened and closed 200 times: handles, timers and memory do not grow", async (context) => {
  const script = fileURLToPath(new URL("./open-and-close.js", import.meta.url));
  const args = ["--expose-gc", script, String(WARM_UP_ROUNDS + ROUNDS), "100"];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { timeout: 120_000 });
  assert.equal(stderr, "");
  const moments = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Holdings);
  for (const { rounds, heapBytes, alive } of moments) {
    context.diagnostic(`after ${rounds}: ${(heapBytes / 1e6).toFixed(2)} MB in use, ${alive} alive`);
  }
  const warm = moments.find(({ rounds }) => rounds === WARM_UP_ROUNDS)!;
  const last = moments.at(-1)!;
  assert.equal(last.rounds, WARM_UP_ROUNDS + ROUNDS);
  assert.deepEqual(last.resources, warm.resources);
  assert.equal(last.listeners, warm.listeners);
  // Those of the last round may still stand in some register or cache.
  assert.ok(last.alive <= 4, `${last.alive} applications, clients and registries are still held`);
  const perRound = (last.heapBytes - warm.heapBytes) / ROUNDS;
  assert.ok(perRound < MAX_BYTES_PER_ROUND, `${Math.round(perRound)} bytes stay behind of each round`);
});
