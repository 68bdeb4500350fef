/** Backends in processes of their own are killed, paused and started again under 300 calls a second. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { ModuleClientOptions } from "../../lib/app/index.js";
import { roundRobin } from "../../lib/client/index.js";
import { FileRegistryModule } from "../../lib/discovery/index.js";
import { StatusCode } from "../../lib/rpc/index.js";
import { checkAtEnd } from "../server/support.js";
import { BackendProcess } from "./backend-process.js";
import { retries, type StartedFront, startFront } from "./front.js";
import { Load, timeUntil } from "./load.js";
import { type BackendSettings, SERVICE } from "./settings.js";

const RATE = 300;
/** So that there are always some calls in flight. */
const SERVICE_MS = 20;
/** Longer than anything here lasts: it is not the registry that notices. */
const TTL_S = 30;

const folder = mkdtempSync(join(tmpdir(), "grebe-scenario-"));
after(() => rmSync(folder, { recursive: true }));
checkAtEnd();

interface Scene {
  readonly backends: readonly BackendProcess[];
  readonly front: StartedFront;
  readonly load: Load;
  close(): Promise<void>;
}

async function open(name: string, settings: ModuleClientOptions): Promise<Scene> {
  const registry = { folder: join(folder, name) };
  const served: BackendSettings = { registry, ttlS: TTL_S, port: 0, serviceMs: SERVICE_MS };
  const backends = await Promise.all(Array.from({ length: 3 }, () => BackendProcess.start(served)));
  const front = await startFront(FileRegistryModule.forRoot(registry), `folder:///${SERVICE}`, {
    policy: roundRobin(),
    deadlineMs: 30_000,
    ...settings,
  });
  const load = new Load(front.probe, RATE);
  load.start();
  const close = async (): Promise<void> => {
    await load.stop();
    await front.close();
    for (const backend of backends) backend.signal("SIGKILL");
  };
  const takes = await timeUntil(() => backends.every(({ address }) => load.shareOf(address) > 0.3), 10_000);
  assert.ok(takes < Number.POSITIVE_INFINITY, "the calls are not shared");
  return { backends, front, load, close };
}

/** A third would be its part; a quarter is asked for. */
async function comesBack(load: Load, { address }: BackendProcess): Promise<void> {
  const takes = await timeUntil(() => load.shareOf(address) >= 0.25, 5000);
  assert.ok(takes <= 5000, `${(100 * load.shareOf(address)).toFixed()} % of the calls after 5 s`);
}

for (const withRetries of [false, true]) {
  const title = withRetries
    ? "with a retry policy no call fails"
    : "no more calls fail than were in flight there";
  test(`kill -9 of one of three backends: ${title}; back again, it has its part within 5 s`, async (context) => {
    const { backends, front, load, close } = await open(
      withRetries ? "retries" : "plain",
      withRetries ? { serviceConfig: retries } : {},
    );
    const [, victim] = backends as [BackendProcess, BackendProcess, BackendProcess];
    assert.deepEqual(load.failureTexts, []);

    const sent = front.picksOf(victim.address);
    const inFlight = sent - load.answersOf(victim.address);
    victim.signal("SIGKILL");
    await pause(1500);
    // What was sent there before the loss of the connection was seen.
    const late = front.picksOf(victim.address) - sent;
    const { failures } = load;
    context.diagnostic(
      `${inFlight} in flight there, ${late} sent before it was seen, ${failures.length} failed`,
    );
    if (withRetries) assert.deepEqual(load.needlessFailureTexts, []);
    assert.ok(failures.length <= inFlight + late, load.failureTexts.join("\n"));
    for (const { failure } of failures) {
      assert.deepEqual([failure.code, failure.peer], [StatusCode.UNAVAILABLE, victim.address]);
    }
    assert.ok(late <= RATE / 3 / 4, `${late} calls were sent to a dead backend`);

    const again = await victim.startAgain();
    await comesBack(load, again);
    await load.stop();
    assert.equal(load.failures.length, failures.length, load.failureTexts.join("\n"));
    await close();
    again.signal("SIGKILL");
  });
}

test("SIGSTOP of one of three backends: no call takes 4 s, traffic leaves it; SIGCONT brings it back", async (context) => {
  const { backends, load, close } = await open("paused", {
    keepalive: { timeMs: 2000, timeoutMs: 1000 },
    serviceConfig: retries,
  });
  const [, victim] = backends as [BackendProcess, BackendProcess, BackendProcess];
  victim.signal("SIGSTOP");
  const stoppedAt = performance.now();
  // Keepalive: up to 2 s to the next ping, 1 s for its answer.
  await pause(3700);
  const seenAt = performance.now();
  await pause(1300);
  const later = load.records.filter(({ startedAt }) => startedAt > seenAt);
  const slowest = Math.max(...later.map(({ startedAt, endedAt = performance.now() }) => endedAt - startedAt));
  assert.ok(slowest < 2500, `a call that began ${seenAt - stoppedAt} ms later took ${slowest} ms`);
  assert.equal(load.answersOf(victim.address, stoppedAt + 1000), 0);
  victim.signal("SIGCONT");
  await comesBack(load, victim);
  await load.stop();
  context.diagnostic(`the slowest call took ${Math.round(load.slowestMs)} ms`);
  assert.ok(load.slowestMs < 4000, `a call took ${load.slowestMs} ms`);
  assert.deepEqual(load.needlessFailureTexts, []);
  await close();
});
