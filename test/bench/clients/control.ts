/**
 * What a calling contender's program owes the benchmark: connect to the port in its arguments, keep calls going when
 * it is told to, look at all that they bring, and say what the process has used.
 */
import { type ClientScenario, clientScenarios } from "../client-scenarios.js";
import { type EchoMessage, echoRequest, messagesPerCall, type Small, smallText } from "../payloads.js";
import { readUsage } from "../servers/control.js";

/** Keeps calls going for so long; with 0, each that is under way at once is made once. */
export interface LoadOrder {
  readonly scenario: ClientScenario["name"];
  readonly durationMs: number;
}

/** A `LoadResult` as it crosses between processes. */
export interface LoadReport {
  readonly calls: number;
  readonly seconds: number;
  readonly statuses: readonly (readonly [number, number])[];
  readonly wrongReplies: number;
}

/** Called once per call: with its status, and whether it brought what it should. */
export type Ended = (status: number, isRight: boolean) => void;

/** Makes one call of each scenario. */
export type Callers = Readonly<Record<ClientScenario["name"], (ended: Ended) => void>>;

/** How long calls may take, where a contender can say so. */
export const deadlineMs = 60_000;

/** Where the server listens. */
export const serverAddress = `127.0.0.1:${process.argv[2]}`;

/** Takes orders from now on. */
export function takeOrders(callers: Callers): void {
  process.on("message", (order: LoadOrder | "usage") => {
    if (order === "usage") process.send?.(readUsage());
    else {
      const { inFlight } = clientScenarios.find(({ name }) => name === order.scenario)!;
      keepCalling(callers[order.scenario], inFlight, order.durationMs, (report) => process.send?.(report));
    }
  });
  process.on("disconnect", () => process.exit());
  process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
}

/** A closed loop; all calls are waited for, and counted. */
function keepCalling(
  call: (ended: Ended) => void,
  inFlight: number,
  durationMs: number,
  done: (report: LoadReport) => void,
): void {
  const statuses = new Map<number, number>();
  const startMs = performance.now();
  const endMs = startMs + durationMs;
  let calls = 0;
  let wrongReplies = 0;
  let underWay = inFlight;

  const ended: Ended = (status, isRight) => {
    calls += 1;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status === 0 && !isRight) wrongReplies += 1;
    const nowMs = performance.now();
    if (nowMs < endMs && status === 0) {
      call(ended);
      return;
    }
    underWay -= 1;
    if (underWay === 0) {
      done({ calls, seconds: (nowMs - startMs) / 1000, statuses: [...statuses], wrongReplies });
    }
  };
  for (let i = 0; i < inFlight; i++) call(ended);
}

/** The code of a failed call; UNKNOWN for what is no status. */
export function toStatus(error: unknown): number {
  const { code } = error as { code?: unknown };
  return typeof code === "number" ? code : 2;
}

export function isRightEcho(reply: EchoMessage | undefined): boolean {
  return reply?.id === echoRequest.id && reply.text === echoRequest.text;
}

export function isRightCount(reply: { readonly count: number } | undefined): boolean {
  return reply?.count === messagesPerCall;
}

/** Looks at the messages of one stream. */
export class SmallCheck {
  #received = 0;
  #isRight = true;

  take({ sequence, text }: Small): void {
    this.#received += 1;
    if (sequence !== this.#received || text !== smallText) this.#isRight = false;
  }

  get isRight(): boolean {
    return this.#isRight && this.#received === messagesPerCall;
  }
}
