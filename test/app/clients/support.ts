/** Applications for tests of injected clients: a backend whose answers a test writes, and fronts that call it. */
import assert from "node:assert/strict";
import {
  type ApplicationOptions,
  GrpcApplication,
  GrpcMethod,
  GrpcService,
  Injectable,
  InjectClient,
  type ModuleImport,
  type ModuleOptions,
} from "../../../lib/app/index.js";
import type { Client } from "../../../lib/client/index.js";
import { type CallContext, StartupError, silentLogger } from "../../../lib/rpc/index.js";
import { tcp } from "../../../lib/server/index.js";
import { createTestingApp, type TestingApp } from "../../../lib/testing/index.js";
import { type Item, type ItemInit, Probe } from "../../generated/probe.js";
import { moduleClass } from "../modules/fixture.js";

export type ProbeClient = Client<typeof Probe>;

type Answer = (request: Item, call: CallContext) => ItemInit | Promise<ItemInit>;

/** A module that serves `grebe.test.Probe`: `one` by the given function. */
export function probeModule(
  answer: Answer,
  options: ModuleOptions = {},
  name = "BackendModule",
): ModuleImport {
  @GrpcService(Probe, { unimplemented: ["many", "collect", "chat", "nothing"] })
  class ProbeController {
    @GrpcMethod()
    one(request: Item, call: CallContext): ItemInit | Promise<ItemInit> {
      return answer(request, call);
    }
  }
  return moduleClass(name, { controllers: [ProbeController], ...options });
}

export function startBackend(answer: Answer): Promise<TestingApp> {
  return createTestingApp(probeModule(answer)).start();
}

/** Injects the client of the probe, and is all that a front needs. */
@Injectable()
export class Caller {
  constructor(@InjectClient(Probe) readonly probe: ProbeClient) {}
}

/** A front that serves a probe whose calls go on through the injected client of another one. */
export function frontModule(options: ModuleOptions): ModuleImport {
  @GrpcService(Probe, { unimplemented: ["many", "collect", "chat", "nothing"] })
  class FrontController {
    constructor(@InjectClient(Probe) private readonly probe: ProbeClient) {}
    @GrpcMethod()
    one(request: Item): Promise<ItemInit> {
      return this.probe.one(request);
    }
  }
  return moduleClass("FrontModule", { controllers: [FrontController], ...options });
}

/** An application that listens nowhere yet. */
export function createApp(root: ModuleImport, options: ApplicationOptions = {}): Promise<GrpcApplication> {
  return GrpcApplication.create(root, {
    listeners: [tcp({ port: 0 })],
    logger: silentLogger,
    signals: [],
    drainLimitMs: 0,
    ...options,
  });
}

/** What stops an application from starting: `CODE message`. */
export async function problemsOf(root: ModuleImport, options: ApplicationOptions = {}): Promise<string[]> {
  try {
    await createApp(root, options);
  } catch (error) {
    assert(error instanceof StartupError, String(error));
    return error.problems.map(({ code, message }) => `${code} ${message}`);
  }
  assert.fail("the application starts");
}
