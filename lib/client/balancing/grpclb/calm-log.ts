import type { BalancingContext } from "../policy.js";

/** What is said again sooner than this belongs to the same stretch. */
const STRETCH_MS = 10_000;

interface Line {
  saidAt: number;
  /** How often it was said since, for debug alone. */
  repeated: number;
}

/** A log that a balancer which flaps does not fill: of a message that repeats itself, only the first one is told. */
export class CalmLog {
  readonly #context: BalancingContext;
  /** By message; there are not many. */
  readonly #lines = new Map<string, Line>();

  constructor(context: BalancingContext) {
    this.#context = context;
  }

  info(fields: object, message: string): void {
    this.#say("info", fields, message);
  }

  warn(fields: object, message: string): void {
    this.#say("warn", fields, message);
  }

  #say(level: "info" | "warn", fields: object, message: string): void {
    const { clock, logger, target } = this.#context;
    const now = clock.now();
    const line = this.#lines.get(message);
    if (line !== undefined && now - line.saidAt < STRETCH_MS) {
      line.saidAt = now;
      line.repeated += 1;
      logger.debug({ target, ...fields }, message);
      return;
    }
    const { repeated = 0 } = line ?? {};
    this.#lines.set(message, { saidAt: now, repeated: 0 });
    logger[level]({ target, ...fields, ...(repeated > 0 && { repeated }) }, message);
  }
}
