/** Backends, a lookup server and a balancer, each a process of its own, and a client that asks them where to go. */
import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import {
  type Channel,
  createChannel,
  createClient,
  grpclb,
  type PolicyConfig,
  rls,
} from "../../lib/client/index.js";
import { StatusCode, type StatusError } from "../../lib/rpc/index.js";
import type { CallCounts } from "../../lib/services/index.js";
import type { ProbeClient } from "../client/support.js";
import { Probe } from "../generated/probe.js";
import { checkAtEnd } from "../server/support.js";
import { BackendProcess } from "./backend-process.js";
import { timeUntil } from "./load.js";
import { ServedProcess } from "./served-process.js";
import type { ControlPlaneSettings } from "./settings.js";

const folder = mkdtempSync(join(tmpdir(), "grebe-look-aside-"));
after(() => rmSync(folder, { recursive: true }));
checkAtEnd();

const NEVER_MS = 20_000;
/** What takes no more than a second may take longer while other tests have the processor. */
const A_SECOND_MS = 2000;

let files = 0;
/** A file of its own; returns its path and what replaces its content, as careful writers do it. */
function jsonFile(content: unknown): { readonly path: string; write(content: unknown): void } {
  const path = join(folder, `${files++}.json`);
  const write = (next: unknown): void => {
    writeFileSync(`${path}.new`, JSON.stringify(next));
    renameSync(`${path}.new`, path);
  };
  write(content);
  return { path, write };
}

const startBackends = (count: number): Promise<BackendProcess[]> => {
  const settings = { registry: { folder: join(folder, "registry") }, ttlS: 60, port: 0, serviceMs: 0 };
  return Promise.all(Array.from({ length: count }, () => BackendProcess.start(settings)));
};

const startControlPlane = (settings: ControlPlaneSettings) =>
  ServedProcess.start("./control-plane.js", settings);

/** What became of some calls. */
interface Outcome {
  /** How many each address has answered. */
  readonly byAddress: Readonly<Record<string, number>>;
  readonly failures: readonly StatusError[];
  /** Headers that the backends saw, beside those of the client. */
  readonly added: ReadonlySet<string>;
}

class Caller {
  readonly #channel: Channel;
  readonly #probe: ProbeClient;

  constructor(target: string, policy: PolicyConfig) {
    // The back-off of a balancer that is gone is no part of what is shown here.
    this.#channel = createChannel(target, { policy, backoff: { initialMs: 100, maxMs: 500 } });
    this.#probe = createClient(Probe, this.#channel, { deadlineMs: NEVER_MS });
  }

  async call(count: number, metadata: Record<string, string> = {}, waitForReady = false): Promise<Outcome> {
    const byAddress: Record<string, number> = {};
    const failures: StatusError[] = [];
    const added = new Set<string>();
    const one = async (): Promise<void> => {
      try {
        const { text, tags } = await this.#probe.one({}, { metadata, waitForReady });
        byAddress[text] = (byAddress[text] ?? 0) + 1;
        for (const tag of tags) added.add(tag);
      } catch (error) {
        failures.push(error as StatusError);
      }
    };
    for (let left = count; left > 0; left -= 50) {
      await Promise.all(Array.from({ length: Math.min(left, 50) }, one));
    }
    return { byAddress, failures, added };
  }

  /** How long it takes until all calls are answered by these, in milliseconds. */
  timeUntilOnly(addresses: readonly string[], metadata: Record<string, string> = {}): Promise<number> {
    return timeUntil(async () => {
      const { byAddress, failures } = await this.call(10, metadata);
      return failures.length === 0 && Object.keys(byAddress).every((address) => addresses.includes(address));
    }, NEVER_MS);
  }

  /** Until each of these answers: the first calls go to whoever is connected first. */
  async untilAll(addresses: readonly string[], metadata: Record<string, string> = {}): Promise<void> {
    const takes = await timeUntil(async () => {
      const { byAddress } = await this.call(10, metadata, true);
      return addresses.every((address) => byAddress[address] !== undefined);
    }, NEVER_MS);
    assert.ok(takes <= NEVER_MS, `not all of ${addresses} answer`);
  }

  close(): Promise<void> {
    return this.#channel.close();
  }
}

const inWords = ({ failures }: Outcome): string => failures.map(({ message }) => message).join("\n");

function assertShare(count: number, total: number, share: number): void {
  assert.ok(Math.abs(count / total - share) <= 0.01, `${count} of ${total} are not ${share}`);
}

test("rls: routes by header to the right pool, and goes on from its cache when the lookup server is killed", async (context) => {
  const backends = await startBackends(3);
  const [first, second, third] = backends.map(({ address }) => address) as [string, string, string];
  const blue = { match: { pool: "blue" }, targets: [`static:///${first},${second}`], headerData: "of blue" };
  const rest = { targets: [`static:///${third}`], headerData: "of the rest" };
  const routes = jsonFile({ routes: [blue, rest] });
  const lookup = await startControlPlane({ port: 0, routes: routes.path });
  const caller = new Caller(
    "static:///probe",
    rls({
      keyBuilders: [{ names: [{ service: Probe.name }], headers: { pool: "pool", user: "user" } }],
      lookupService: `static:///${lookup.address}`,
      lookupServiceTimeoutMs: 1000,
      maxAgeMs: 300_000,
      staleAgeMs: 200,
    }),
  );

  await caller.untilAll([first, second], { pool: "blue" });
  const ofBlue = await caller.call(1000, { pool: "blue" });
  assert.equal(inWords(ofBlue), "");
  assertShare(ofBlue.byAddress[first]!, 1000, 0.5);
  assertShare(ofBlue.byAddress[second]!, 1000, 0.5);
  assert.deepEqual([...ofBlue.added], ["of blue"]);
  const ofRest = await caller.call(100, { pool: "green" });
  assert.deepEqual([ofRest.byAddress, [...ofRest.added]], [{ [third]: 100 }, ["of the rest"]]);

  // A change of route is followed within a second.
  routes.write({ routes: [{ ...blue, targets: [`static:///${third}`] }, rest] });
  const movedMs = await caller.timeUntilOnly([third], { pool: "blue" });
  context.diagnostic(`a change of route was followed after ${Math.round(movedMs)} ms`);
  assert.ok(movedMs <= A_SECOND_MS, `${movedMs} ms`);

  lookup.signal("SIGKILL");
  const killedAt = performance.now();
  while (performance.now() - killedAt < 2000) {
    const during = await caller.call(20, { pool: "blue" });
    assert.deepEqual([during.byAddress, inWords(during)], [{ [third]: 20 }, ""]);
    await pause(50);
  }
  // What was never asked for is not known now.
  const unknown = await caller.call(5, { pool: "red" });
  assert.deepEqual(
    unknown.failures.map(({ code }) => code),
    Array<StatusCode>(5).fill(StatusCode.UNAVAILABLE),
  );

  routes.write({ routes: [blue, rest] });
  const again = await lookup.startAgain();
  const recoveredMs = await caller.timeUntilOnly([third], { pool: "red" });
  assert.ok(recoveredMs <= 10_000, `${recoveredMs} ms`);
  const backMs = await caller.timeUntilOnly([first, second], { pool: "blue" });
  assert.ok(backMs <= 10_000, `${backMs} ms`);
  await caller.close();
  for (const process of [...backends, again]) process.signal("SIGKILL");
});

interface Balanced {
  readonly backends: readonly BackendProcess[];
  /** Those of the balancer's list, and the one that clients fall back to. */
  readonly addresses: readonly [first: string, second: string, fallback: string];
  readonly balancer: ServedProcess<ControlPlaneSettings>;
  /** What clients are to call. */
  readonly target: string;
  readonly list: ReturnType<typeof jsonFile>;
}

async function startBalanced(drops: Readonly<Record<string, number>> = {}): Promise<Balanced> {
  const backends = await startBackends(3);
  const addresses = backends.map(({ address }) => address) as [string, string, string];
  const [first, second, fallback] = addresses;
  const list = jsonFile([first, second]);
  const services = { probe: { target: `file://${list.path}`, drops } };
  const balancer = await startControlPlane({ port: 0, services, reportIntervalMs: 100 });
  const found = jsonFile({ endpoints: [fallback], balancers: [balancer.address] });
  return { backends, addresses, balancer, list, target: `file://${found.path}` };
}

const policy = (initialFallbackTimeoutMs: number): PolicyConfig =>
  grpclb({ serviceName: "probe", initialFallbackTimeoutMs });

test("grpclb: spreads by the list, follows it, and drops the given share; the load report sums to the calls", async () => {
  const { backends, addresses, balancer, list, target } = await startBalanced({ overload: 0.1 });
  const [first, second, fallback] = addresses;
  const caller = new Caller(target, policy(NEVER_MS));
  let [calls, dropped] = [0, 0];
  const count = async (total: number): Promise<Outcome> => {
    const outcome = await caller.call(total, {}, true);
    calls += total;
    dropped += outcome.failures.length;
    return outcome;
  };

  const shared = async (): Promise<boolean> => Object.keys((await count(20)).byAddress).length === 2;
  assert.ok((await timeUntil(shared, NEVER_MS)) <= NEVER_MS);
  const even = await count(2000);
  assertShare(even.failures.length, 2000, 0.1);
  for (const { code, text } of even.failures) {
    assert.deepEqual([code, text], [StatusCode.UNAVAILABLE, "request dropped by grpclb"]);
  }
  assertShare(even.byAddress[first]!, 2000, 0.45);
  assertShare(even.byAddress[second]!, 2000, 0.45);

  list.write([
    { address: first, weight: 3 },
    { address: second, weight: 1 },
  ]);
  const changedAt = performance.now();
  const moved = async (): Promise<boolean> => {
    const { byAddress } = await count(40);
    return byAddress[first]! > 2 * byAddress[second]!;
  };
  assert.ok((await timeUntil(moved, NEVER_MS)) <= A_SECOND_MS, `${performance.now() - changedAt} ms`);
  const weighed = await count(2000);
  assertShare(weighed.failures.length, 2000, 0.1);
  assertShare(weighed.byAddress[first]!, 2000, 0.9 * 0.75);
  assertShare(weighed.byAddress[second]!, 2000, 0.9 * 0.25);
  assert.equal(weighed.byAddress[fallback], undefined);

  const total = async (): Promise<CallCounts> => (await balancer.ask("probe")) as CallCounts;
  await timeUntil(async () => (await total()).finished >= calls, 5000);
  assert.deepEqual(await total(), {
    ...{ started: calls, finished: calls, failedToSend: 0, knownReceived: calls - dropped, dropped },
    droppedByToken: { overload: dropped },
  });
  await caller.close();
  for (const process of [...backends, balancer]) process.signal("SIGKILL");
});

test("grpclb: falls back within its time when the balancer is silent, and returns when it speaks", async () => {
  const { backends, addresses, balancer, target } = await startBalanced();
  const [first, second, fallback] = addresses;
  balancer.signal("SIGSTOP");
  const caller = new Caller(target, policy(1000));
  const startedAt = performance.now();
  const early = await caller.call(1, {}, true);
  const fellBackMs = performance.now() - startedAt;
  assert.deepEqual(early.byAddress, { [fallback]: 1 }, inWords(early));
  assert.ok(fellBackMs >= 950 && fellBackMs <= 1000 + A_SECOND_MS, `${fellBackMs} ms`);
  const meanwhile = await caller.call(200);
  assert.deepEqual(meanwhile.byAddress, { [fallback]: 200 }, inWords(meanwhile));

  balancer.signal("SIGCONT");
  assert.ok((await caller.timeUntilOnly([first, second])) <= 5000);
  await caller.untilAll([first, second]);
  const listed = await caller.call(200);
  assert.deepEqual(listed.byAddress, { [first]: 100, [second]: 100 }, inWords(listed));
  await caller.close();
  for (const process of [...backends, balancer]) process.signal("SIGKILL");
});

test("grpclb: the last list outlives the balancer; when its backends die too there is the fallback, until they return", async () => {
  const { backends, addresses, balancer, target } = await startBalanced();
  const [first, second, fallback] = addresses;
  const caller = new Caller(target, policy(NEVER_MS));
  await caller.untilAll([first, second]);
  const before = await caller.call(100);
  assert.deepEqual(before.byAddress, { [first]: 50, [second]: 50 }, inWords(before));

  balancer.signal("SIGKILL");
  const killedAt = performance.now();
  while (performance.now() - killedAt < 1500) {
    const during = await caller.call(20);
    assert.deepEqual(during.byAddress, { [first]: 10, [second]: 10 }, inWords(during));
    await pause(50);
  }
  for (const process of backends.slice(0, 2)) process.signal("SIGKILL");
  assert.ok((await caller.timeUntilOnly([fallback])) <= 5000);

  const again = await Promise.all([...backends.slice(0, 2), balancer].map((process) => process.startAgain()));
  const backMs = await caller.timeUntilOnly([first, second]);
  assert.ok(backMs <= 10_000, `${backMs} ms`);
  await caller.close();
  for (const process of [...backends, ...again]) process.signal("SIGKILL");
});
