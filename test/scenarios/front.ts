/** A front service: an application whose injected client finds the backends in a registry. Closed with its test file. */
import { after } from "node:test";
import {
  client,
  Injectable,
  InjectClient,
  type ModuleClientOptions,
  type ModuleImport,
} from "../../lib/app/index.js";
import type { ServiceConfigJson } from "../../lib/client/index.js";
import { createTestingApp, type TestingApp } from "../../lib/testing/index.js";
import { moduleClass } from "../app/modules/fixture.js";
import type { ProbeClient } from "../client/support.js";
import { Probe } from "../generated/probe.js";

@Injectable()
export class Front {
  constructor(@InjectClient(Probe) readonly probe: ProbeClient) {}
}

/** A call whose connection is lost goes elsewhere. */
export const retries: ServiceConfigJson = {
  methodConfig: [
    {
      name: [{}],
      retryPolicy: {
        ...{ maxAttempts: 4, initialBackoff: "0.02s", maxBackoff: "0.5s", backoffMultiplier: 2 },
        retryableStatusCodes: ["UNAVAILABLE"],
      },
    },
  ],
};

export interface StartedFront extends TestingApp {
  readonly probe: ProbeClient;
  /** How many calls were sent to an address, over the connections that are there now. */
  picksOf(address: string): number;
}

const open = new Set<TestingApp>();
after(async () => {
  for (const front of open) await front.close();
});

export async function startFront(
  registry: ModuleImport,
  target: string,
  settings: ModuleClientOptions,
): Promise<StartedFront> {
  const clients = [client(Probe, target, settings)];
  const module = moduleClass("FrontModule", { imports: [registry], clients, providers: [Front] });
  const app = await createTestingApp(module).start();
  open.add(app);
  return Object.assign(app, {
    probe: app.get(Front).probe,
    picksOf: (address: string) => {
      const [channel] = app.app.inspect().channels;
      const there = channel!.subchannels.filter((subchannel) => subchannel.address === address);
      return there.reduce((sum, { picks }) => sum + picks, 0);
    },
  });
}
