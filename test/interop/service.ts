/** The interop service in a test, and clients of it. */
import { readFileSync } from "node:fs";
import { finalize, tap } from "rxjs";
import {
  type CallContext,
  type CallHandler,
  type Interceptor,
  type TcpOptions,
  tcp,
  toFlow,
} from "../../lib/index.js";
import { createTestingApp, type TestingApp } from "../../lib/testing/index.js";
import { recordingLogger } from "../server/support.js";
import { InteropClient } from "./client.js";
import { MAX_RECEIVE_BYTES } from "./command.js";
import { InteropModule } from "./interop-module.js";
import { ManualClock } from "./manual-clock.js";
import { CLOCK } from "./pause.js";

/** Counts calls and messages where the handlers are. */
export class Witness implements Interceptor {
  started = 0;
  ended = 0;
  received = 0;
  sent = 0;

  intercept(_call: CallContext, next: CallHandler) {
    this.started += 1;
    const requests = toFlow(next.requests).pipe(tap(() => (this.received += 1)));
    return toFlow(next.handle(requests)).pipe(
      tap(() => (this.sent += 1)),
      finalize(() => (this.ended += 1)),
    );
  }
}

export interface Service extends Omit<TestingApp, "client"> {
  /** Speaks plaintext. */
  readonly client: InteropClient;
  /** Speaks TLS. */
  readonly secureClient: InteropClient;
  readonly clock: ManualClock;
  readonly witness: Witness;
  readonly logger: ReturnType<typeof recordingLogger>;
  stop(): Promise<void>;
}

/** Starts the service with a plaintext listener of the given options and a TLS listener, both on free ports. */
export async function startService(listener: Omit<TcpOptions, "port"> = {}): Promise<Service> {
  const witness = new Witness();
  const clock = new ManualClock();
  const logger = recordingLogger();
  const app = await createTestingApp(InteropModule, {
    logger,
    interceptors: [witness],
    listeners: [
      tcp({ port: 0, maxReceiveBytes: MAX_RECEIVE_BYTES, ...listener }),
      tcp({ port: 0, tls: { cert: "test/certs/server.crt", key: "test/certs/server.key" } }),
    ],
  })
    .override(CLOCK, clock)
    .start();
  const [, plain, secure] = app.app.listeners;
  const client = new InteropClient(plain!.address);
  const secureClient = new InteropClient(`localhost:${secure!.port}`, readFileSync("test/certs/ca.crt"));
  return {
    ...app,
    client,
    secureClient,
    clock,
    witness,
    logger,
    stop: async () => {
      client.close();
      secureClient.close();
      await app.close();
    },
  };
}
