import assert from "node:assert/strict";
import { test } from "node:test";
import { NEVER, Observable, of } from "rxjs";
import { Injectable } from "../../lib/app/index.js";
import { StartupError, StatusCode, type StatusError } from "../../lib/rpc/index.js";
import { LoadBalancer } from "../../lib/schema/index.js";
import { LoadBalancerModule } from "../../lib/services/index.js";
import { createTestingApp } from "../../lib/testing/index.js";
import { checkAtEnd, recordingLogger, until } from "../server/support.js";

checkAtEnd();

const target = "static:///10.0.0.1:1";
const orders = (options: object) => ({ services: { orders: { target, ...options } } });

@Injectable()
class NoLists {}
@Injectable()
class Lists {
  watch = () => NEVER;
}

/** Options, and what is said of them. */
const wrong: readonly (readonly [unknown, RegExp])[] = [
  [undefined, /LoadBalancerModule: the options must be an object, got nothing/],
  [7, /the options must be an object, got 7/],
  [{}, /it needs services or lists, such as .*; got nothing as services/],
  [{ services: null }, /got null as services/],
  [{ services: [target] }, /got the list \["static:/],
  [{ services: {} }, /services names none/],
  [
    { ...orders({}), reportIntervallMs: 5 },
    /no option "reportIntervallMs"\. Did you mean "reportIntervalMs"/,
  ],
  [{ ...orders({}), reportIntervalMs: "5s" }, /reportIntervalMs must be a number of milliseconds.*got "5s"/],
  [{ ...orders({}), clock: Date }, /clock must be an object with now, setTimeout, clearTimeout/],
  [{ ...orders({}), lists: () => NEVER }, /services and lists exclude each other/],
  [{ lists: {} }, /lists must be a function, or an object with watch, got \{\}/],
  [{ lists: undefined }, /lists must be a function, or an object with watch, got nothing/],
  [{ services: { orders: {} } }, /services "orders": target must be a text such as .*, got nothing/],
  [{ services: { orders: 7 } }, /services "orders": it must be a target, or an object with one, got 7/],
  [{ services: { orders: null } }, /services "orders": it must be .* got null/],
  [{ services: { orders: "" } }, /services "orders": target must be a text .*, got ""/],
  [{ services: { ["x".repeat(256)]: target } }, /no client can ask for a name of more than 255 bytes/],
  [orders({ drops: null }), /drops must be an object of shares, got null/],
  [orders({ drops: { x: "0.1" } }), /share of the drop "x" must be from 0 to 1, got "0\.1"/],
  [orders({ token: "t" }), /token must be a function from an endpoint to its token, got "t"/],
  [orders({ weights: null }), /weights must be "registered", "reported" or options of it, got null/],
  [orders({ weights: { channel: { tlss: 1 } } }), /weights: .*"tlss".*Did you mean "tls"/],
  [orders({ weights: { chanel: {} } }), /weights: there is no option "chanel"\. Did you mean "channel"/],
  [orders({ weights: { oobReportingPeriodMs: 0 } }), /weights: oobReportingPeriodMs must be .* from 1 to/],
  [
    orders({ weights: { weightUpdatePeriodMs: 3e9 } }),
    /weights: weightUpdatePeriodMs must be .* to 2147483647/,
  ],
  [orders({ weights: { errorUtilizationPenalty: -1 } }), /weights: .*errorUtilizationPenalty/],
];

async function refuses(module: () => ReturnType<typeof LoadBalancerModule.forRoot>, message: RegExp) {
  await assert.rejects(
    async () => {
      const app = await createTestingApp(module()).start();
      await app.close();
    },
    (error: unknown) => {
      assert.ok(error instanceof StartupError, String(error));
      assert.deepEqual([...new Set(error.problems.map(({ code }) => code))], ["BAD_OPTION"]);
      assert.match(error.message, message);
      return true;
    },
  );
}

test("options that make no balancer are told at the start, in words, however they come", async () => {
  for (const [options, message] of wrong) {
    await refuses(() => LoadBalancerModule.forRoot(options as never), message);
    await refuses(() => LoadBalancerModule.forRootAsync({ useFactory: () => options as never }), message);
  }
});

test("all that is wrong is told at once", async () => {
  const options = { services: { a: { weights: "x", tokn: 1 }, b: 7 } };
  await assert.rejects(
    createTestingApp(LoadBalancerModule.forRoot(options as never)).start(),
    (error: unknown) => (error as StartupError).problems.length === 4,
  );
});

test("classes are for forRoot only, and have a method watch", async () => {
  const useFactory = () => ({ lists: Lists }) as never;
  await refuses(
    () => LoadBalancerModule.forRootAsync({ useFactory }),
    /lists must be a function, .*, got the class Lists; forRoot takes classes/,
  );
  await refuses(
    () => LoadBalancerModule.forRoot({ lists: NoLists as never }),
    /lists must be a function, or an object with watch, got a NoLists/,
  );
  await refuses(
    () => LoadBalancerModule.forRoot({ lists: Lists, reportIntervalMS: 1 } as never),
    /Did you mean "reportIntervalMs"/,
  );
  const app = await createTestingApp(LoadBalancerModule.forRoot({ lists: Lists })).start();
  await app.close();
});

test("what a strategy gives that is no list is in the log, with what was expected; clients hear nothing of it", async () => {
  class Shards {
    constructor(readonly watch: (name: string) => never) {}
  }
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [Promise.resolve(of()), /Shards\.watch\("orders"\) must return an Observable of lists, .*got a Promise/],
    [7, /must return an Observable of lists, or undefined, got 7/],
    [null, /must return an Observable of lists, or undefined, got null/],
    [of("FALLBACK"), /must emit \{ backends: \[…\] \} or "fallback", got "FALLBACK"/],
    [of([{ host: "10.0.0.1", port: 1 }]), /must emit .*got the list \[\{"host"/],
    [of(undefined), /must emit .*got nothing/],
    [of({ backends: [null] }), /watch\("orders"\): a backend must be an object with host and port, got null/],
    [of({ backends: [{ host: 7, port: 1 }] }), /needs an IP address, got 7/],
    [of({ backends: [{ host: "10.0.0.1", port: 1, token: 5 }] }), /token of 10\.0\.0\.1:1 must be .* got 5/],
    [of({ backends: [], drops: 7 }), /drops must be an object of shares, got 7/],
  ];
  for (const [given, message] of cases) {
    const logger = recordingLogger();
    const lists = new Shards(() => given as never);
    const app = await createTestingApp(LoadBalancerModule.forRoot({ lists }), { logger }).start();
    const heard: string[] = [];
    let failure: StatusError | undefined;
    app
      .client(LoadBalancer)
      .balanceLoad([{ initialRequest: { name: "orders" } }])
      .subscribe({
        next: ({ loadBalanceResponseType = "" }) => void heard.push(loadBalanceResponseType),
        error: (error: StatusError) => {
          failure = error;
        },
      });
    await until(() => failure !== undefined, `the stream ends for ${message}`);
    assert.equal(failure?.code, StatusCode.UNKNOWN);
    const isWelcomed = given instanceof Observable;
    assert.deepEqual(heard, isWelcomed ? ["initialResponse"] : []);
    const errors = logger.lines.filter(({ level }) => level === "error");
    assert.match(String(errors[0]?.fields.err), message);
    await app.close();
  }
});
