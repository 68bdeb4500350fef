/** Opens and closes applications with clients, again and again, and prints what the process holds in between, as JSON. */
import { client, GrpcMethod, GrpcService, Injectable, InjectClient } from "../../lib/app/index.js";
import { roundRobin } from "../../lib/client/index.js";
import { MemoryRegistry, MemoryRegistryModule } from "../../lib/discovery/index.js";
import { HealthModule } from "../../lib/services/index.js";
import { createTestingApp } from "../../lib/testing/index.js";
import { moduleClass } from "../app/modules/fixture.js";
import type { ProbeClient } from "../client/support.js";
import { type Item, type ItemInit, Probe } from "../generated/probe.js";

/** What a process holds after so many rounds. */
export interface Holdings {
  readonly rounds: number;
  readonly heapBytes: number;
  /** Applications, clients and registries that the collector could not take. */
  readonly alive: number;
  /** Handles, timers and requests by kind. */
  readonly resources: Readonly<Record<string, number>>;
  /** Listeners to the process. */
  readonly listeners: number;
}

@GrpcService(Probe, { unimplemented: ["many", "collect", "nothing"] })
class EchoController {
  @GrpcMethod()
  one(request: Item): ItemInit {
    return { text: request.text };
  }
  @GrpcMethod()
  async *chat(requests: AsyncIterable<Item>): AsyncIterable<ItemInit> {
    for await (const { text } of requests) yield { text };
  }
}

@Injectable()
class Front {
  constructor(@InjectClient(Probe) readonly probe: ProbeClient) {}
}

/** A backend and a front that finds it, a few calls, and the end of both. */
async function round(): Promise<void> {
  const registry = new MemoryRegistry();
  const backend = await createTestingApp(
    moduleClass("BackendModule", {
      imports: [MemoryRegistryModule.forRoot({ registry, register: { name: "svc/echo" } }), HealthModule],
      controllers: [EchoController],
    }),
  ).start();
  const front = await createTestingApp(
    moduleClass("FrontModule", {
      imports: [MemoryRegistryModule.forRoot({ registry }), HealthModule],
      providers: [Front],
      clients: [
        client(Probe, "memory:///svc/echo", {
          policy: roundRobin(),
          connections: 2,
          keepalive: { timeMs: 60_000 },
          serviceConfig: { healthCheckConfig: { serviceName: "" } },
        }),
      ],
    }),
  ).start();
  const { probe } = front.get(Front);
  await Promise.all([probe.one({ text: "a" }), probe.one({ text: "b" })]);
  for await (const _ of probe.chat([{ text: "a" }, { text: "b" }])) break;
  // The one whose connections the other one holds goes first in every other round.
  const [first, second] = parity++ % 2 === 0 ? [front, backend] : [backend, front];
  await first.close();
  await second.close();
  opened.push(...[backend.app, front.app, probe, registry].map((each) => new WeakRef<object>(each)));
}
let parity = 0;
const opened: WeakRef<object>[] = [];

async function holdings(rounds: number): Promise<Holdings> {
  // What was closed has a few turns to be gone.
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 5));
  globalThis.gc!();
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc!();
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  return {
    rounds,
    heapBytes: process.memoryUsage().heapUsed,
    alive: opened.filter((each) => each.deref() !== undefined).length,
    resources,
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
  };
}

const [total, step] = process.argv.slice(2).map(Number) as [number, number];
for (let rounds = 1; rounds <= total; rounds++) {
  await round();
  if (rounds % step === 0) console.log(JSON.stringify(await holdings(rounds)));
}
