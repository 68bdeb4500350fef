import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { BehaviorSubject, type Observable, Subject, throwError } from "rxjs";
import { Module, type ModuleOptions } from "../../lib/app/index.js";
import type { Endpoint, Resolution, ResolverDefinition } from "../../lib/client/index.js";
import { type Logger, StartupError, StatusCode, StatusError } from "../../lib/rpc/index.js";
import { LoadBalancer, type LoadBalancerServer } from "../../lib/schema/index.js";
import {
  type BalancedServices,
  LoadBalancerModule,
  LoadReportModule,
  ServerLoad,
} from "../../lib/services/index.js";
import { createTestingApp, type TestingApp } from "../../lib/testing/index.js";
import { checkAtEnd, recordingLogger, until } from "../server/support.js";

const folder = mkdtempSync(join(tmpdir(), "grebe-balancer-"));
after(() => rmSync(folder, { recursive: true, force: true }));
checkAtEnd();

const endpoint = (host: string, port: number, more: Partial<Endpoint> = {}): Endpoint => ({
  addresses: [{ host, port }],
  ...more,
});

/** A resolver of a scheme `fleet`, which gives what it is told to. */
class Registry implements ResolverDefinition {
  readonly scheme = "fleet";
  readonly options = { backoff: { initialMs: 20, maxMs: 20 } };
  resolution: Observable<Resolution>;
  asked = 0;

  constructor(resolution: Observable<Resolution>) {
    this.resolution = resolution;
  }

  readonly resolver = {
    resolve: (): Observable<Resolution> => {
      this.asked += 1;
      return this.resolution;
    },
  };
}

async function serve(
  services: BalancedServices,
  more: ModuleOptions = {},
  logger?: Logger,
): Promise<TestingApp> {
  class Root {}
  Module({ imports: [LoadBalancerModule.forRoot({ services })], ...more })(Root);
  return createTestingApp(Root, { ...(logger !== undefined && { logger }) }).start();
}

/** The lists that a client of a name hears, as text. */
class Listener {
  readonly lists: string[] = [];
  error: StatusError | undefined;
  readonly #subscription;

  constructor(app: TestingApp, name: string) {
    const request = { initialRequest: { name } };
    this.#subscription = app
      .client(LoadBalancer)
      .balanceLoad([request])
      .subscribe({
        next: ({ serverList }) => {
          if (serverList !== undefined) this.lists.push(serverList.servers.map(textOf).join(" "));
        },
        error: (error: StatusError) => {
          this.error = error;
        },
      });
  }

  async hears(last: string): Promise<void> {
    await until(() => this.lists.at(-1) === last, `"${last}" comes, not ${JSON.stringify(this.lists)}`);
  }

  stop(): void {
    this.#subscription.unsubscribe();
  }
}

function textOf({ ipAddress, port, drop, loadBalanceToken }: LoadBalancerServer): string {
  if (drop) return loadBalanceToken;
  const address = ipAddress.length === 4 ? `${ipAddress.join(".")}` : ipAddress.toString("hex");
  return `${address}:${port}${loadBalanceToken === "" ? "" : `=${loadBalanceToken}`}`;
}

test("lists come from a file, and follow it within a second", async () => {
  const file = join(folder, "orders.json");
  const write = (content: unknown): void => {
    writeFileSync(`${file}.new`, JSON.stringify(content));
    renameSync(`${file}.new`, file);
  };
  write([{ address: "10.0.0.1:1", weight: 2 }, "[fd00::1]:2"]);
  const app = await serve({ orders: `file://${file}` });
  const listener = new Listener(app, "orders");
  await listener.hears("10.0.0.1:1 fd000000000000000000000000000001:2 10.0.0.1:1");
  const changedAt = performance.now();
  write(["10.0.0.3:3"]);
  await listener.hears("10.0.0.3:3");
  assert.ok(performance.now() - changedAt < 1000);
  listener.stop();
  await app.close();
});

test("lists come from the application's own resolvers, with weights, tokens and drops", async () => {
  const resolutions = new BehaviorSubject<Resolution>({
    endpoints: [
      endpoint("10.0.0.1", 1, { zone: "a", lbToken: "own" }),
      endpoint("10.0.0.2", 2, { zone: "b" }),
    ],
  });
  const registry = new Registry(resolutions);
  const app = await serve(
    {
      orders: { target: "fleet:///orders", drops: { overload: 0.2, quota: 0.2 } },
      zones: { target: "fleet:///orders", token: ({ zone = "" }) => `zone-${zone}` },
    },
    { resolvers: [registry] },
  );
  const [orders, zones] = [new Listener(app, "orders"), new Listener(app, "zones")];
  await until(() => orders.lists.length === 1, "a list comes");
  const entries = orders.lists[0]!.split(" ");
  assert.equal(entries.filter((entry) => entry === "overload").length / entries.length, 0.2);
  assert.equal(entries.filter((entry) => entry === "quota").length / entries.length, 0.2);
  await zones.hears("10.0.0.1:1=zone-a 10.0.0.2:2=zone-b");
  resolutions.next({ endpoints: [] });
  await orders.hears("");
  orders.stop();
  zones.stop();
  await app.close();
  assert.equal(resolutions.observed, false);
});

test("all clients of a name share one look at it, which goes on for a while when they have gone", async () => {
  const registry = new Registry(new BehaviorSubject<Resolution>({ endpoints: [endpoint("10.0.0.1", 1)] }));
  const app = await serve({ orders: "fleet:///orders" }, { resolvers: [registry] });
  const listeners = Array.from({ length: 5 }, () => new Listener(app, "orders"));
  for (const listener of listeners) await listener.hears("10.0.0.1:1");
  for (const listener of listeners) listener.stop();
  const again = new Listener(app, "orders");
  await again.hears("10.0.0.1:1");
  assert.equal(registry.asked, 1);
  again.stop();
  // The linger does not outlive the application: the check at the end of this file would find its timer.
  await app.close();
});

test("a port that clients have in their target is no part of the name, unless it is", async () => {
  const app = await serve({ orders: "static:///10.0.0.1:1", "stock:80": "static:///10.0.0.2:2" });
  const [orders, stock] = [new Listener(app, "orders:50051"), new Listener(app, "stock:80")];
  await orders.hears("10.0.0.1:1");
  await stock.hears("10.0.0.2:2");
  const unknown = new Listener(app, "stock:81");
  await until(() => unknown.error !== undefined, "it is refused");
  assert.equal(unknown.error?.code, StatusCode.NOT_FOUND);
  orders.stop();
  stock.stop();
  await app.close();
});

test("as long as nothing is found clients hear why; once found, the list outlives the registry", async () => {
  const registry = new Registry(throwError(() => StatusError.unavailable("registry down")));
  const app = await serve({ orders: "fleet:///orders" }, { resolvers: [registry] });
  const early = new Listener(app, "orders");
  await until(() => early.error !== undefined, "it is refused");
  assert.equal(early.error?.code, StatusCode.UNAVAILABLE);
  assert.equal(early.error?.text, "registry down");
  const round = new Subject<Resolution>();
  registry.resolution = round;
  const listener = new Listener(app, "orders");
  await until(() => round.observed, "it is asked again");
  round.next({ endpoints: [endpoint("10.0.0.1", 1)] });
  await listener.hears("10.0.0.1:1");
  registry.resolution = throwError(() => new Error("gone"));
  const asked = registry.asked;
  round.error(new Error("gone"));
  await until(() => registry.asked > asked, "it is asked in vain");
  assert.deepEqual([listener.lists, listener.error], [["10.0.0.1:1"], undefined]);
  registry.resolution = new BehaviorSubject<Resolution>({ endpoints: [endpoint("10.0.0.2", 2)] });
  await listener.hears("10.0.0.2:2");
  listener.stop();
  await app.close();
});

test("hosts are looked up; what has no address is left out and in the log, and the rest served", async () => {
  const logger = recordingLogger();
  const registry = new Registry(
    new BehaviorSubject<Resolution>({
      endpoints: [
        endpoint("localhost", 1, { weight: 1, lbToken: "t" }),
        endpoint("no-such-host.invalid", 2),
        { addresses: [{ path: "/run/orders.sock" }] },
        { addresses: [{ path: "/run/x.sock" }, { host: "10.0.0.3", port: 3 }] },
      ],
    }),
  );
  const app = await serve({ orders: "fleet:///orders" }, { resolvers: [registry] }, logger);
  const listener = new Listener(app, "orders");
  await until(() => listener.lists.length > 0, "a list comes");
  const list = listener.lists[0]!.split(" ");
  assert.ok(list.includes("127.0.0.1:1=t"), list.join());
  assert.ok(list.includes("10.0.0.3:3"));
  assert.ok(!list.some((entry) => entry.includes(":2")));
  const warnings = logger.lines.filter(({ level }) => level === "warn").map(({ fields }) => fields);
  assert.ok(
    warnings.some(({ host }) => host === "no-such-host.invalid:2"),
    JSON.stringify(logger.lines),
  );
  assert.ok(warnings.some(({ addresses }) => String(addresses) === "unix:/run/orders.sock"));
  listener.stop();
  await app.close();
});

test("load reports weigh: a backend that does more with less load is listed more often", async () => {
  const backends = await Promise.all(
    [0.2, 0.4, 0.8].map(async (utilization) => {
      class Backend {}
      const reports = LoadReportModule.forRoot({ minIntervalMs: 20, allowShortIntervals: true });
      Module({ imports: [reports] })(Backend);
      const app = await createTestingApp(Backend).start();
      app.get(ServerLoad).setQps(100);
      app.get(ServerLoad).setApplicationUtilization(utilization);
      return app;
    }),
  );
  const addresses = backends.map(({ address }) => address);
  const weights = { oobReportingPeriodMs: 20, blackoutPeriodMs: 0, weightUpdatePeriodMs: 100 };
  const app = await serve({ orders: { target: `static:///${addresses.join()}`, weights } });
  const listener = new Listener(app, "orders");
  const counts = (): number[] => {
    const entries = listener.lists.at(-1)?.split(" ") ?? [];
    return addresses.map((address) => entries.filter((entry) => entry === address).length);
  };
  await until(() => counts().join() !== "1,1,1" && counts().join() !== "0,0,0", "weights are known");
  await until(() => isNear(counts(), [4, 2, 1]), `${counts()} are as 4:2:1`);
  // It is gone, and counts as the mean of the others.
  await backends[0]!.close();
  await until(() => isNear(counts(), [3, 4, 2]), `${counts()} are as 3:4:2`);
  listener.stop();
  await app.close();
  await Promise.all(backends.slice(1).map((backend) => backend.close()));
});

function isNear(counts: readonly number[], shares: readonly number[]): boolean {
  const [total, whole] = [counts, shares].map((list) => list.reduce((a, b) => a + b, 0)) as [number, number];
  return counts.every((count, index) => Math.abs(count / total - shares[index]! / whole) < 0.03);
}

test("wrong services are told at the start, all of them", async () => {
  const services = {
    a: "consul:///a",
    b: { target: "static:///10.0.0.1:1", drops: { x: 1.5 } },
    c: { target: "static:///10.0.0.1:1", wieghts: "reported" },
    d: { target: "static:///10.0.0.1:1", weights: "measured" },
    e: { target: "static:///10.0.0.1:1", weights: { blackoutPeriodMs: -1 } },
    f: "file:///",
  } as unknown as BalancedServices;
  await assert.rejects(serve(services), (error: unknown) => {
    assert.ok(error instanceof StartupError);
    assert.deepEqual(
      error.problems.map(({ code }) => code),
      ["UNKNOWN_SCHEME", "BAD_OPTION", "BAD_OPTION", "BAD_OPTION", "BAD_OPTION", "BAD_OPTION"],
    );
    const text = error.problems.map(({ message }) => message).join("\n");
    for (const part of [
      /LoadBalancerModule: services "a": No resolver for "consul:\/\/\/a"/,
      /"b".*share of the drop "x" must be from 0 to 1/,
      /"c".*no option "wieghts"\. Did you mean "weights"\?/,
      /"d".*must be "registered", "reported" or options of it/,
      /"e".*blackoutPeriod/,
      /"f".*names no file/,
    ]) {
      assert.match(text, part);
    }
    return true;
  });
});
