import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { client } from "../../lib/app/index.js";
import { InspectModule } from "../../lib/services/index.js";
import { createTestingApp, type TestingApp } from "../../lib/testing/index.js";
import { formatInspection } from "../../lib/tools/cli/inspection-text.js";
import { frontModule, startBackend } from "../app/clients/support.js";
import { Probe } from "../generated/probe.js";
import { checkAtEnd } from "../server/support.js";

const main = fileURLToPath(new URL("../../lib/tools/cli/main.js", import.meta.url));

let backend: TestingApp;
let front: TestingApp;
before(async () => {
  backend = await startBackend(() => ({}));
  const clients = [client(Probe, `static:///${backend.address}`, { policy: { round_robin: {} } })];
  front = await createTestingApp(frontModule({ clients, imports: [InspectModule] })).start();
  await front.client(Probe).one({});
});
after(async () => {
  await front.close();
  await backend.close();
});
checkAtEnd();

async function inspect(...args: string[]) {
  const child = spawn(process.execPath, [main, "inspect", ...args], {
    env: { ...process.env, NO_COLOR: "1" },
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (child.exitCode === null) await once(child, "exit");
  return { status: child.exitCode, stdout, stderr };
}

test("grebe inspect prints a tree of what an application shows", async () => {
  const { status, stdout, stderr } = await inspect(front.address);
  assert.equal(status, 0, stderr);
  const lines = stdout.trimEnd().split("\n");
  assert.deepEqual(lines.slice(0, 2), ["listeners", `  ${front.address}`]);
  assert.match(stdout, /^ {2}\/grebe\.test\.Probe\/One {10}unary {2}FrontController\.one$/m);
  const channel = lines.slice(lines.indexOf("channels") + 1).map((line) => line.replace(/, \d+ s ago$/, ""));
  const address = backend.address;
  assert.deepEqual(channel.slice(0, 4), [
    `  static:///${address}  READY  0 calls under way, 0 waiting`,
    "    clients: grebe.test.Probe",
    "    resolver: static watching, 1 endpoint",
    `      ${address}`,
  ]);
  assert.match(stdout, /^ {4}policy: round_robin READY/m);
  assert.deepEqual(channel.slice(-2), ["    connections:", `      ${address}  READY  1 call`]);
});

test("grebe inspect --json prints all of it for other programs", async () => {
  const { status, stdout } = await inspect(front.address, "--json");
  assert.equal(status, 0);
  assert.equal((JSON.parse(stdout) as { channels: { state: string }[] }).channels[0]?.state, "READY");
});

test("grebe inspect ends with 1 and says why it cannot, with 2 on a wrong command line", async () => {
  const without = await inspect(backend.address);
  assert.equal(without.status, 1);
  assert.match(
    without.stderr,
    /^UNIMPLEMENTED {2}127\.0\.0\.1:\d+: .*\n +The application must import InspectModule/,
  );
  const unknown = await inspect("consul:///x");
  assert.equal(unknown.status, 1);
  assert.match(unknown.stderr, /^BAD_TARGET {2}No resolver for "consul:\/\/\/x"/);
  const badFile = await inspect(front.address, "--ca", "/does/not/exist.pem");
  assert.equal(badFile.status, 1);
  assert.match(badFile.stderr, /^BAD_TARGET {2}tls\.ca "\/does\/not\/exist\.pem" cannot be used/);
  const absent = await inspect("static:///127.0.0.1:1", "--timeout", "3000");
  assert.equal(absent.status, 1);
  assert.match(absent.stderr, /^UNAVAILABLE {2}static:\/\/\/127\.0\.0\.1:1: /);
  assert.equal((await inspect()).status, 2);
  assert.equal((await inspect(front.address, "--timeout", "soon")).status, 2);
  assert.match((await inspect("--help")).stdout, /Usage: grebe inspect \[options\] <address>/);
});

test("long lists are cut, failures are shown, and states have colours on a terminal", () => {
  const endpoints = Array.from({ length: 5 }, (_, i) => `10.0.0.${i}:1`);
  const child = (name: string) => ({ name, policy: "pick_first", state: "READY" as const });
  const shown = formatInspection(
    {
      listeners: [{ address: "[::]:443", tls: true }],
      routes: [],
      channels: [
        {
          ...{ target: "etcd:///a", clients: ["a.A"], state: "TRANSIENT_FAILURE", calls: 1, waiting: 2 },
          resolver: {
            scheme: "etcd",
            state: "backoff",
            endpoints,
            resolvedAt: 1000,
            error: "etcd is down",
          },
          policy: {
            ...{ policy: "round_robin", state: "TRANSIENT_FAILURE", detail: { known: 5 } },
            children: endpoints.map(child),
          },
          subchannels: endpoints.map((address, i) => ({
            ...{ address, state: i === 0 ? "READY" : "TRANSIENT_FAILURE", picks: i },
            ...(i === 1 ? { lastError: "refused" } : {}),
          })),
          lastError: "no one there",
        },
      ],
    },
    { limit: 2, now: 61_000, paint: (look, word) => `<${look}>${word}</>` },
  );
  assert.equal(
    shown,
    [
      "<bold>listeners</>",
      "  [::]:443 (TLS)",
      "<bold>routes</>",
      "  none",
      "<bold>channels</>",
      "  <bold>etcd:///a</>  <red>TRANSIENT_FAILURE</>  1 call under way, 2 waiting",
      "    clients: a.A",
      "    resolver: etcd backoff, 5 endpoints, 60 s ago",
      "      <red>etcd is down</>",
      "      10.0.0.0:1",
      "      10.0.0.1:1",
      "      … and 3 more (--all)",
      "    policy: round_robin <red>TRANSIENT_FAILURE</> known=5",
      "      10.0.0.0:1: pick_first <green>READY</>",
      "      10.0.0.1:1: pick_first <green>READY</>",
      "      … and 3 more (--all)",
      "    connections:",
      "      10.0.0.0:1  <green>READY</>              0 calls",
      "      10.0.0.1:1  <red>TRANSIENT_FAILURE</>  1 call   last error: refused",
      "      … and 3 more (--all)",
      "    last error: <red>no one there</>",
    ].join("\n"),
  );
});
