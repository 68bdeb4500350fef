import { randomUUID } from "node:crypto";
import { Module, systemClock } from "../../lib/index.js";
import { OpenRcaController } from "./open-rca-controller.js";
import { CLOCK } from "./pause.js";
import { ServerMetrics } from "./server-metrics.js";
import { SERVER_ID, TestServiceController } from "./test-service-controller.js";
import { CALLERS, type Caller } from "./token-guard.js";

const callers = new Map<string, Caller>([
  ["interop-token", { username: "grebe-interop@example.com", oauthScope: "interop.testing" }],
]);

/** `grpc.testing.TestService`, and the load reports it is asked for. */
@Module({
  controllers: [TestServiceController, OpenRcaController],
  providers: [
    ServerMetrics,
    { provide: CALLERS, useValue: callers },
    { provide: CLOCK, useValue: systemClock },
    { provide: SERVER_ID, useFactory: () => `grebe-${randomUUID()}` },
  ],
})
export class InteropModule {}
