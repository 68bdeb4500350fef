import { Observable } from "rxjs";
import type { Clock } from "../rpc/index.js";

/** Emits and completes after a time; rxjs's own timers know no other clock than the system's. */
export function wait(clock: Clock, delayMs: number): Observable<void> {
  return new Observable((subscriber) => {
    const timer = clock.setTimeout(() => {
      subscriber.next();
      subscriber.complete();
    }, delayMs);
    return () => clock.clearTimeout(timer);
  });
}
