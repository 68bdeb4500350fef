/**
 * Ever other keys through the cache of rls, with a lookup server and a backend that are processes of their own: the
 * bound of the cache holds, and memory does not grow. For a few seconds with a small cache; by hand for five minutes
 * with 100,000 keys and 1 MiB: `SLOW_SECONDS=300 node --test dist/test/scenarios/rls-churn.test.js`.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createChannel, createClient, rls } from "../../lib/client/index.js";
import { Probe } from "../generated/probe.js";
import { checkAtEnd } from "../server/support.js";
import { BackendProcess } from "./backend-process.js";
import { ServedProcess } from "./served-process.js";
import type { ControlPlaneSettings } from "./settings.js";

const SECONDS = Number(process.env.SLOW_SECONDS ?? 10);
const SLOW = SECONDS >= 60;
const KEYS = 100_000;
const CACHE_BYTES = SLOW ? 1024 * 1024 : 32 * 1024;
/** Routes are kept for 5 s, however many there are: more calls than these need more than the cache has. */
const CALLS_PER_SECOND = SLOW ? 1500 : 80;
const TICK_MS = 20;

const folder = mkdtempSync(join(tmpdir(), "grebe-churn-"));
after(() => rmSync(folder, { recursive: true }));
checkAtEnd();

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heapMb(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

test(`${SECONDS} s of ever other keys: the cache keeps its bound, and memory does not grow`, async (context) => {
  const settings = { registry: { folder: join(folder, "registry") }, ttlS: 60, port: 0, serviceMs: 0 };
  const backend = await BackendProcess.start(settings);
  const routes = join(folder, "routes.json");
  writeFileSync(routes, JSON.stringify({ routes: [{ targets: [`static:///${backend.address}`] }] }));
  const lookups = await ServedProcess.start<ControlPlaneSettings>("./control-plane.js", { port: 0, routes });
  const channel = createChannel("static:///probe", {
    policy: rls({
      keyBuilders: [{ names: [{ service: Probe.name }], headers: { user: "user" } }],
      lookupService: `static:///${lookups.address}`,
      cacheSizeBytes: CACHE_BYTES,
    }),
  });
  const client = createClient(Probe, channel);
  const detail = (): Record<string, number> => channel.inspect().policy!.detail as Record<string, number>;

  const failures: unknown[] = [];
  const open = new Set<Promise<void>>();
  const startedAt = performance.now();
  let calls = 0;
  let largest = 0;
  const call = (): void => {
    const metadata = { user: `user-${calls++ % KEYS}` };
    const made = client.one({}, { metadata }).then(
      () => void open.delete(made),
      (error: unknown) => void failures.push(error),
    );
    open.add(made);
  };
  const heaps: number[] = [];
  const samples = 12;
  for (let sample = 1; sample <= samples; sample++) {
    while (performance.now() - startedAt < (sample * SECONDS * 1000) / samples) {
      const due = ((performance.now() - startedAt) * CALLS_PER_SECOND) / 1000;
      while (calls < due) call();
      await pause(TICK_MS);
      largest = Math.max(largest, detail().cacheBytes!);
    }
    heaps.push(heapMb());
  }
  await Promise.all(open);

  const { cacheBytes, cacheEntries } = detail();
  context.diagnostic(
    `${calls} calls, ${Math.min(calls, KEYS)} keys; ${cacheEntries} routes of ${cacheBytes} bytes, at most ${largest}; ` +
      `heap in MB: ${heaps.map((mb) => mb.toFixed(1)).join(" ")}`,
  );
  assert.deepEqual(failures, []);
  assert.ok(cacheEntries! < Math.min(calls, KEYS), "routes have been evicted");
  assert.ok(largest <= CACHE_BYTES, `${largest} bytes`);
  // The first third fills the cache.
  const [before, now] = [Math.max(...heaps.slice(4, 8)), Math.min(...heaps.slice(8))];
  assert.ok(now <= before * 1.05, `from ${before} to ${now} MB`);
  await channel.close();
  for (const process of [backend, lookups]) process.signal("SIGKILL");
});
