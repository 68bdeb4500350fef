import { randomUUID } from "node:crypto";
import { type Clock, Module, systemClock } from "../../lib/index.js";
import { LoadReportModule } from "../../lib/services/index.js";
import { LoadLock } from "./load-lock.js";
import { CLOCK } from "./pause.js";
import { SERVER_ID, TestServiceController } from "./test-service-controller.js";
import { CALLERS, type Caller } from "./token-guard.js";

const callers = new Map<string, Caller>([
  ["interop-token", { username: "grebe-interop@example.com", oauthScope: "interop.testing" }],
]);

@Module({ providers: [{ provide: CLOCK, useValue: systemClock }], exports: [CLOCK] })
class ClockModule {}

/** The cases want reports out of band that are a second apart. */
const loadReports = LoadReportModule.forRootAsync({
  imports: [ClockModule],
  inject: [CLOCK],
  useFactory: (clock: Clock) => ({ minIntervalMs: 1000, allowShortIntervals: true, clock }),
});

/** `grpc.testing.TestService`, and the load reports it is asked for. */
@Module({
  imports: [ClockModule, loadReports],
  controllers: [TestServiceController],
  providers: [
    LoadLock,
    { provide: CALLERS, useValue: callers },
    { provide: SERVER_ID, useFactory: () => `grebe-${randomUUID()}` },
  ],
})
export class InteropModule {}
