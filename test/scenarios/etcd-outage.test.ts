/**
 * etcd is killed under load, while one backend dies and another one comes. SLOW_SECONDS makes the outage longer: 60, by
 * hand.
 */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { roundRobin } from "../../lib/client/index.js";
import { EtcdModule } from "../../lib/discovery/index.js";
import { EtcdServer, noEtcd } from "../discovery/etcd-server.js";
import { checkAtEnd } from "../server/support.js";
import { BackendProcess } from "./backend-process.js";
import { retries, startFront } from "./front.js";
import { Load, timeUntil } from "./load.js";
import { type BackendSettings, SERVICE } from "./settings.js";

const OUTAGE_S = Number(process.env.SLOW_SECONDS ?? 4);
const TTL_S = 3;
const RATE = 100;

const servers: EtcdServer[] = [];
after(() => Promise.all(servers.map((server) => server.remove())));
checkAtEnd();

describe("etcd is killed under load, one backend dies and another comes", { skip: noEtcd }, () => {
  for (const wiped of [false, true]) {
    const what = wiped ? ", its data is lost" : "";
    test(`${OUTAGE_S} s without it${what}: no call fails, registrations are back in time`, async (context) => {
      const etcd = await EtcdServer.start();
      servers.push(etcd);
      const settings: BackendSettings = {
        registry: { etcd: etcd.address },
        ...{ ttlS: TTL_S, port: 0, serviceMs: 5 },
      };
      const start = () => BackendProcess.start(settings);
      const [a, b, c] = (await Promise.all([start(), start(), start()])) as [
        BackendProcess,
        BackendProcess,
        BackendProcess,
      ];
      const front = await startFront(
        EtcdModule.forRoot({ endpoints: [etcd.address] }),
        `etcd:///${SERVICE}`,
        { policy: roundRobin(), serviceConfig: retries },
      );
      const load = new Load(front.probe, RATE);
      load.start();
      await reached(load, a, b, c);

      await etcd.kill();
      if (wiped) await etcd.wipe();
      await pause(OUTAGE_S * 250);
      b.signal("SIGKILL");
      await pause(OUTAGE_S * 250);
      const d = await start();
      await pause(OUTAGE_S * 500);
      assert.deepEqual(load.needlessFailureTexts, []);
      assert.equal(load.answersOf(d.address), 0);
      await etcd.start();

      const wanted = [a, c, d].map(({ address }) => `${SERVICE}/${address}`).sort();
      const limitMs = (TTL_S + 5) * 1000;
      const takes = await timeUntil(async () => {
        const keys = Object.keys(await etcd.entries(`${SERVICE}/`));
        return wanted.every((key) => keys.includes(key));
      }, limitMs);
      assert.ok(takes <= limitMs, `registrations are not back after ${limitMs} ms`);
      context.diagnostic(`registrations are back after ${Math.round(takes)} ms`);
      await reached(load, a, c, d);
      // The dead one's lease is over at last, and the list is right again.
      await timeUntil(async () => Object.keys(await etcd.entries(`${SERVICE}/`)).length === 3, limitMs);
      assert.deepEqual(Object.keys(await etcd.entries(`${SERVICE}/`)).sort(), wanted);
      await load.stop();
      assert.deepEqual(load.needlessFailureTexts, []);
      await front.close();
      for (const backend of [a, c, d]) backend.signal("SIGKILL");
    });
  }
});

async function reached(load: Load, ...backends: BackendProcess[]): Promise<void> {
  const all = () => backends.every(({ address }) => load.shareOf(address) > 0.2);
  assert.ok((await timeUntil(all, 10_000)) < Number.POSITIVE_INFINITY, "a backend is not reached");
}
