/** `npm run sample:fleet`, as it behaves in pipes: real processes, a real registry. */
import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { after, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { EtcdServer, noEtcd } from "../discovery/etcd-server.js";

const folder = mkdtempSync(join(tmpdir(), "grebe-fleets-"));
after(() => rmSync(folder, { recursive: true }));

/** Far more than anything takes on a busy machine. */
const LIMIT_MS = 120_000;

class Run {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  readonly #giveUp: NodeJS.Timeout;
  output = "";
  errors = "";

  constructor(...args: string[]) {
    const main = fileURLToPath(new URL("../../sample-app/fleet/main.js", import.meta.url));
    this.process = spawn(process.execPath, [main, ...args], {
      env: { ...process.env, TMPDIR: folder },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.process.stdin.on("error", () => undefined);
    this.process.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.output += text;
    });
    this.process.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.errors += text;
    });
    this.#giveUp = setTimeout(() => this.process.kill("SIGKILL"), LIMIT_MS);
    this.ended = once(this.process, "close").then(([code, signal]) => {
      clearTimeout(this.#giveUp);
      return { code: code as number | null, signal: signal as string | null };
    });
  }

  /** Waits for a text behind a place in the output; returns the place behind it. */
  async until(pattern: RegExp, from = 0): Promise<number> {
    for (;;) {
      const found = pattern.exec(this.output.slice(from));
      if (found !== null) return from + found.index + found[0].length;
      const closed = this.process.stdout.closed;
      assert.ok(!closed, `ended without ${pattern}:\n${this.output}${this.errors}`);
      const waited = new AbortController();
      const next = (event: string) => once(this.process.stdout, event, { signal: waited.signal });
      const waiting = [next("data"), next("close")];
      await Promise.race(waiting);
      waited.abort();
      await Promise.allSettled(waiting);
    }
  }

  say(line: string): void {
    this.process.stdin.write(`${line}\n`);
  }

  /** Of all backends that it has told of. */
  get pids(): number[] {
    return Array.from(this.output.matchAll(/backend \d+ \(pid (\d+)\) serves/g), ([, pid]) => Number(pid));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function nothingIsLeftOf({ output }: Run): void {
  const pids = Array.from(output.matchAll(/\(pid (\d+)\)/g), ([, pid]) => Number(pid));
  assert.deepEqual(pids.filter(isAlive), []);
  assert.deepEqual(readdirSync(folder), []);
}

/** A line of a second in which all given shares hold. */
function second(shares: Readonly<Record<number, string>>): RegExp {
  return new RegExp(
    ` s +\\d+ calls.*${Object.entries(shares)
      .map(([number, share]) => `  ${number}: +\\d+ +${share}`)
      .join(".*")}`,
  );
}

const third = "3[0-6]\\.\\d %";
const half = "(4[5-9]|5[0-5])\\.\\d %";
const quarter = "2[0-9]\\.\\d %";
const none = "0\\.0 %";

test("three backends share the calls; it ends by itself, and leaves nothing behind", async () => {
  const run = new Run("--seconds", "4");
  assert.deepEqual(await run.ended, { code: 0, signal: null }, run.errors);
  assert.match(run.output, /^Atlas fleet: round_robin, 300 calls\/s, no retries, registry file\n/);
  assert.match(run.output, second({ 1: third, 2: third, 3: third }));
  assert.match(
    run.output,
    /\n[1-9]\d{2,3} calls, failed 0; by backend 1: \d+ \(3\d\.\d %\), 2: .*, 3: .*\n$/,
  );
  assert.equal(run.pids.length, 3);
  assert.equal(run.errors, "");
  nothingIsLeftOf(run);
});

test("with retries no call fails when a backend is killed, paused, started again or added", async () => {
  const run = new Run("--retry", "--rate", "100");
  let at = await run.until(second({ 1: third, 2: third, 3: third }));
  process.kill(run.pids[0]!, "SIGKILL");
  const [, killed] = /backend (\d) \(pid \d+\) serves/.exec(run.output)!;
  at = await run.until(new RegExp(`backend ${killed} \\(pid \\d+\\) has ended: SIGKILL\n`), at);
  const [one, other] = [1, 2, 3].filter((number) => number !== Number(killed));
  at = await run.until(second({ [one!]: half, [other!]: half }), at);
  run.say(`p ${one}`);
  at = await run.until(second({ [one!]: `${none} paused`, [other!]: "100.0 %" }), at);
  run.say(`p ${one}`);
  at = await run.until(second({ [one!]: half, [other!]: half }), at);
  run.say(`r ${killed}`);
  at = await run.until(second({ 1: third, 2: third, 3: third }), at);
  run.process.kill("SIGUSR2");
  at = await run.until(second({ 4: "2[0-9]\\.\\d %" }), at);
  run.say("what?");
  await run.until(/"what\?" means nothing here/, at);
  run.say("q");
  assert.deepEqual(await run.ended, { code: 0, signal: null }, run.errors);
  // A backend may die between the headers of its answer and its trailers: such a call is not tried again (A6).
  assert.match(run.output, /calls, failed (?:0|[1-9]\d? UNAVAILABLE); by backend/, run.output);
  nothingIsLeftOf(run);
});

describe("ctrl-C", () => {
  test("while backends start ends them, and what they have begun", async () => {
    const run = new Run();
    await run.until(/Atlas fleet/);
    run.process.kill("SIGINT");
    assert.deepEqual(await run.ended, { code: 0, signal: null }, run.errors);
    assert.equal(run.errors, "");
    nothingIsLeftOf(run);
  });

  test("at once ends it as well", async () => {
    const run = new Run();
    while (readdirSync(folder).length === 0) await pause(1);
    run.process.kill("SIGINT");
    assert.deepEqual(await run.ended, { code: 0, signal: null }, run.errors);
    nothingIsLeftOf(run);
  });

  test("ends also a backend that is paused", async () => {
    const run = new Run("-n", "1");
    const at = await run.until(second({ 1: "100.0 %" }));
    run.say("p 1");
    await run.until(/backend 1 is paused/, at);
    run.process.kill("SIGINT");
    assert.deepEqual(await run.ended, { code: 0, signal: null }, run.errors);
    nothingIsLeftOf(run);
  });

  test("twice ends everything at once", async () => {
    const run = new Run("-n", "1", "--delay-ms", "10000");
    await run.until(/may be asked/);
    run.process.kill("SIGINT");
    // Two that are nearer to each other are one.
    await pause(250);
    run.process.kill("SIGINT");
    const { code } = await run.ended;
    assert.ok(code === 130 || code === 0, `ended with ${code}`);
    while (run.pids.some(isAlive)) await pause(10);
    nothingIsLeftOf(run);
  });
});

test("backends and control plane do not outlive a front that is killed", async () => {
  const run = new Run("-n", "1", "--policy", "grpclb");
  await run.until(/may be asked/);
  run.process.kill("SIGKILL");
  await run.ended;
  const [, controlPlane] = /control plane \(pid (\d+)\)/.exec(run.output)!;
  while ([...run.pids, Number(controlPlane)].some(isAlive)) await pause(10);
  const [left] = readdirSync(folder);
  assert.match(left!, new RegExp(`^grebe-fleet-${run.process.pid}-`));
  // The next run leaves alone what may be in use, and what is not the fleet's.
  const others = [`grebe-fleet-${process.pid}-aaaaaa`, "grebe-fleet-bbbbbb", `x-${left}`];
  for (const other of others) mkdirSync(join(folder, other));
  const names = readdirSync(folder, { recursive: true }) as string[];
  assert.ok(names.some((name) => name.endsWith(".json")));
  await new Run("-n", "1", "-s", "1").ended;
  assert.deepEqual(new Set(readdirSync(folder)), new Set([left, ...others]));
  const longAgo = Date.now() / 1000 - 60;
  for (const name of names) utimesSync(join(folder, name), longAgo, longAgo);
  await new Run("-n", "1", "-s", "1").ended;
  assert.deepEqual(new Set(readdirSync(folder)), new Set(others));
  for (const other of others) rmSync(join(folder, other), { recursive: true });
});

test("a policy that finds no backend says why, and the time passes all the same", async () => {
  const child = JSON.stringify([{ round_robin: {} }]);
  const policy = `{"weighted_target_experimental":{"targets":{"nope":{"weight":1,"childPolicy":${child}}}}}`;
  const run = new Run("-n", "1", "--seconds", "4", "--policy", policy);
  assert.deepEqual(await run.ended, { code: 0, signal: null }, run.errors);
  assert.match(run.output, /^Atlas fleet: weighted_target_experimental, /);
  assert.equal(run.output.match(/no backend can be called yet: .*produced zero addresses\n/g)?.length, 1);
  assert.match(run.output, / 4 s +0 calls .*\n$/);
  nothingIsLeftOf(run);
});

test("a policy that spreads unevenly does so", async () => {
  const run = new Run("--policy", "weighted_round_robin", "-n", "2", "--utilization", "0.2,0.8");
  await run.until(second({ 1: "(7[6-9]|8[0-4])\\.\\d %", 2: "(1[6-9]|2[0-4])\\.\\d %" }));
  run.say("q");
  assert.equal((await run.ended).code, 0);
  nothingIsLeftOf(run);
});

test("weighted_target sends a tenth of the calls to the first backend", async () => {
  const run = new Run("--policy", "weighted_target", "--rate", "1000");
  await run.until(second({ 1: " ([7-9]|1[0-3])\\.\\d %", 2: "4[3-7]\\.\\d %", 3: "4[3-7]\\.\\d %" }));
  run.say("q");
  assert.equal((await run.ended).code, 0);
  nothingIsLeftOf(run);
});

for (const policy of ["rls_experimental", "grpclb"]) {
  test(`${policy}: the traffic follows a change of route or list within a second, and back`, async () => {
    const run = new Run("--policy", policy);
    let at = await run.until(second({ 1: third, 2: third, 3: third }));
    const [, pid] = /the control plane \(pid (\d+)\) serves on 127\.0\.0\.1:\d+\n/.exec(run.output)!;
    run.say("f 2");
    at = await run.until(
      /backend 2 is to have (?:every second call|twice as many calls as each other one)\n/,
      at,
    );
    const changed = at;
    at = await run.until(second({ 1: quarter, 2: half, 3: quarter }), at);
    // The second in which it changed and one that is full of it; more only on a busy machine.
    assert.ok(run.output.slice(changed, at).split("\n").length <= 10, run.output);
    // Without it everything stays as it is; and what it was told it has not forgotten when it is there again.
    run.say("c");
    at = await run.until(new RegExp(`the control plane \\(pid ${pid}\\) has ended: SIGKILL\n`), at);
    const without = second({ 1: quarter, 2: half, 3: quarter }).source;
    at = await run.until(new RegExp(`${without}.* control plane ended\n`), at);
    run.say("c");
    at = await run.until(/the control plane \(pid \d+\) serves on/, at);
    at = await run.until(new RegExp(`${without}.* ms\n`), at);
    run.say("f 2");
    at = await run.until(/no backend is favoured any more\n/, at);
    await run.until(second({ 1: third, 2: third, 3: third }), at);
    run.say("q");
    assert.equal((await run.ended).code, 0);
    assert.match(run.output, /calls, failed (?:0|[1-9] UNAVAILABLE); by backend/);
    nothingIsLeftOf(run);
  });
}

test("grpclb follows the weights that backends register", async () => {
  const run = new Run("--policy", "grpclb", "--weight", "1,1,2");
  let at = await run.until(second({ 1: quarter, 2: quarter, 3: half }));
  run.say("f 3");
  at = await run.until(/backend 3 is to have twice as many calls as its weight says\n/, at);
  await run.until(second({ 1: "1[5-9]\\.\\d %", 2: "1[5-9]\\.\\d %", 3: "6[4-9]\\.\\d %" }), at);
  run.say("q");
  assert.equal((await run.ended).code, 0);
  nothingIsLeftOf(run);
});

test("only policies that ask somebody have a favourite", async () => {
  const run = new Run("-n", "1");
  await run.until(/ s +\d+ calls/);
  run.say("f 1");
  await run.until(/only rls and grpclb ask who is to have more calls\n/);
  run.say("c");
  await run.until(/only rls and grpclb ask a control plane\n/);
  run.say("f 7");
  await run.until(/there is no backend 7, or no address of it yet\n/);
  run.say("q");
  assert.equal((await run.ended).code, 0);
  nothingIsLeftOf(run);
});

describe("wrong inputs are told in words", { concurrency: 3 }, () => {
  const slips: [args: string[], what: RegExp][] = [
    [["--policy", "nope"], /Known are pick_first, round_robin, .*, or JSON/],
    [["--policy", "{"], /It is no JSON/],
    [["--policy", '{"rond_robin": {}}'], /UNKNOWN_POLICY .*Did you mean "round_robin"\?/],
    [["--rate", "0"], /It must be a whole number from 1 to 10000\./],
    [["--backends", "x"], /It must be a whole number from 1 to 20\./],
    [["--weight", "1,,2"], /It must be numbers from 1 to 100 with commas between them\./],
    [["--registry", "zookeeper"], /Allowed choices are file, etcd\./],
    [["--etcd", "nowhere"], /Write it as host:port\./],
    [["--registry", "etcd", "--etcd", "127.0.0.1:1"], /no etcd answers at 127\.0\.0\.1:1: .*\nStart one/],
    [["round_robin"], /too many arguments/],
  ];
  for (const [args, what] of slips) {
    test(args.join(" "), async () => {
      const run = new Run(...args);
      assert.deepEqual(await run.ended, { code: 1, signal: null });
      assert.match(run.errors, what);
      assert.doesNotMatch(run.errors, /\n +at /);
      assert.equal(run.output, "");
    });
  }
});

test("with etcd as the registry", { skip: noEtcd }, async () => {
  const etcd = await EtcdServer.start();
  try {
    const run = new Run("--registry", "etcd", "--etcd", etcd.address, "-n", "2");
    await run.until(second({ 1: half, 2: half }));
    const keys = Object.keys(await etcd.entries("fleet-"));
    assert.equal(keys.length, 2);
    assert.match(keys[0]!, new RegExp(`^fleet-${run.process.pid}/atlas/127\\.0\\.0\\.1:\\d+$`));
    run.process.kill("SIGTERM");
    assert.deepEqual(await run.ended, { code: 0, signal: null }, run.errors);
    assert.deepEqual(await etcd.entries("fleet-"), {});
    nothingIsLeftOf(run);
  } finally {
    await etcd.remove();
  }
});
