import { type Client, Injectable, InjectClient, type OnModuleDestroy, toStatusError } from "grebe";
import { Atlas } from "../generated/atlas/v1/atlas.js";
import { HASH_HEADER } from "./policies.js";
import { GOLD, PLAIN, TIER_HEADER } from "./tiers.js";

const TICK_MS = 10;
/** What is late by more is left out: a front service that was stopped itself does not make up for it. */
const MAX_LATE_MS = 1000;
const PROBE_MS = 500;
const LARGE_CITY = 1_000_000;

/** Calls Atlas at a rate, whether answers come or not: as users would. */
@Injectable()
export class Traffic implements OnModuleDestroy {
  #timer: NodeJS.Timeout | undefined;
  #inFlight = 0;
  #isGold = false;

  constructor(@InjectClient(Atlas) private readonly atlas: Client<typeof Atlas>) {}

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Once it has reached a backend. */
  get isCalling(): boolean {
    return this.#timer !== undefined;
  }

  /** Asks for the large cities, and from then on for one of them after the other. */
  async start(callsPerSecond: number): Promise<void> {
    const ids: number[] = [];
    const cities = this.atlas.listCities({ minPopulation: LARGE_CITY }, { waitForReady: true });
    for await (const { cityId } of cities) ids.push(cityId);
    let next = 0;
    let dueAt = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      dueAt = Math.max(dueAt, now - MAX_LATE_MS);
      for (; dueAt <= now; dueAt += 1000 / callsPerSecond) this.#call(ids[next++ % ids.length]!);
    }, TICK_MS);
  }

  /** What a call now fails for that does not wait; undefined if it does not fail. */
  async findObstacle(): Promise<string | undefined> {
    try {
      for await (const _ of this.atlas.listCities({ minPopulation: LARGE_CITY }, { deadlineMs: PROBE_MS }));
      return undefined;
    } catch (error) {
      return toStatusError(error).text;
    }
  }

  #call(cityId: number): void {
    this.#inFlight += 1;
    this.atlas
      .getCity({ cityId }, { metadata: { [HASH_HEADER]: String(cityId), [TIER_HEADER]: this.#nextTier() } })
      // The call meter has seen how it ended.
      .catch(() => undefined)
      .finally(() => {
        this.#inFlight -= 1;
      });
  }

  #nextTier(): string {
    this.#isGold = !this.#isGold;
    return this.#isGold ? GOLD : PLAIN;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  onModuleDestroy(): void {
    this.stop();
  }
}
