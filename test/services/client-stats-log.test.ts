import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusCode, type StatusError } from "../../lib/rpc/index.js";
import { type ClientStats, type LoadBalanceRequestInit, LoadBalancer } from "../../lib/schema/index.js";
import { ClientStatsLog, LoadBalancerModule } from "../../lib/services/index.js";
import { createTestingApp } from "../../lib/testing/index.js";
import { checkAtEnd, until } from "../server/support.js";

checkAtEnd();

type Report = NonNullable<LoadBalanceRequestInit["clientStats"]>;

const reportOf = (numCallsStarted: number): ClientStats => ({
  ...{ numCallsStarted: String(numCallsStarted), numCallsFinished: "0" },
  ...{ numCallsFinishedWithClientFailedToSend: "0", numCallsFinishedKnownReceived: "0" },
  callsFinishedWithDrop: [],
});

test("names that clients have left are remembered up to a number, the last of them", () => {
  const log = new ClientStatsLog();
  const stays = log.open("stays", "p");
  log.report(stays, reportOf(1));
  for (let i = 0; i < 1500; i++) {
    const client = log.open(`n${i}`, "p");
    log.report(client, reportOf(1));
    log.close(client);
    // It is there again and again, and so never the one that was left first.
    const often = log.open("often", "p");
    log.report(often, reportOf(1));
    log.close(often);
    // Whoever reports nothing is no reason to forget anybody.
    log.close(log.open(`silent${i}`, "p"));
  }
  assert.equal(log.total("stays").started, 1);
  assert.equal(log.total("often").started, 1500);
  assert.equal(log.total("n0").started, 0);
  assert.equal(log.total("n500").started, 0);
  assert.equal(log.total("n501").started, 1);
  assert.equal(log.total("n1499").started, 1);
  assert.equal(log.clients.length, 1);
});

test("a service has one total, whatever port its clients have in their targets", async () => {
  const services = { orders: "static:///10.0.0.1:1", "stock:80": "static:///10.0.0.2:2" };
  const app = await createTestingApp(LoadBalancerModule.forRoot({ services })).start();
  const log = app.get(ClientStatsLog);
  const heard: string[] = [];
  log.reports.subscribe(({ client }) => void heard.push(client.name));
  for (const [index, name] of ["orders", "orders:50051", "orders:7", "stock:80"].entries()) {
    const requests = [{ initialRequest: { name } }, { clientStats: { numCallsStarted: 1 } }];
    const stream = app.client(LoadBalancer).balanceLoad(requests).subscribe();
    await until(() => heard.length === index + 1, `the report of ${name} comes`);
    stream.unsubscribe();
  }
  assert.deepEqual(heard, ["orders", "orders", "orders", "stock:80"]);
  assert.equal(log.total("orders").started, 3);
  assert.equal(log.total("orders:7").started, 0);
  assert.equal(log.total("stock:80").started, 1);
  await app.close();
});

test("reports that no client can mean are refused as a whole", async () => {
  const services = { orders: "static:///10.0.0.1:1" };
  const app = await createTestingApp(LoadBalancerModule.forRoot({ services })).start();
  const drop = (loadBalanceToken: string, numCalls: number | string) => ({ loadBalanceToken, numCalls });
  const most = 2 ** 32 - 1;
  const report = async (clientStats: Report): Promise<string | undefined> => {
    let refusal: StatusError | undefined;
    let wasHeard = false;
    const log = app.get(ClientStatsLog);
    const reports = log.reports.subscribe(() => {
      wasHeard = true;
    });
    const stream = app
      .client(LoadBalancer)
      .balanceLoad([{ initialRequest: { name: "orders" } }, { clientStats }])
      .subscribe({
        error: (error: StatusError) => {
          refusal = error;
        },
      });
    await until(() => wasHeard || refusal !== undefined, "it is counted or refused");
    reports.unsubscribe();
    stream.unsubscribe();
    if (refusal !== undefined) assert.equal(refusal.code, StatusCode.INVALID_ARGUMENT);
    return refusal?.text;
  };
  assert.match((await report({ numCallsStarted: "9223372036854775807" }))!, /count above 4294967295/);
  assert.match((await report({ numCallsFinished: most + 1 }))!, /count above/);
  assert.match((await report({ callsFinishedWithDrop: [drop("a", most), drop("b", 1)] }))!, /count above/);
  assert.match((await report({ callsFinishedWithDrop: [drop("a", 2), drop("b", -1)] }))!, /negative count/);
  assert.match((await report({ callsFinishedWithDrop: [drop("x".repeat(51), 1)] }))!, /longer than 50 bytes/);
  assert.match((await report({ callsFinishedWithDrop: [drop("ü".repeat(26), 1)] }))!, /longer than 50 bytes/);
  assert.equal(await report({ numCallsStarted: most }), undefined);
  assert.equal(await report({ callsFinishedWithDrop: [drop("x".repeat(50), most)] }), undefined);
  assert.equal(await report({ numCallsStarted: 500 }), undefined);
  const total = app.get(ClientStatsLog).total("orders");
  assert.deepEqual([total.started, total.finished, total.dropped], [most + 500, 0, most]);
  await app.close();
});
