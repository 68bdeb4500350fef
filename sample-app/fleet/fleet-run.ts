import { GrpcApplication, silentLogger } from "grebe";
import { Backends } from "./control-plane/backends.js";
import { ControlPlaneModule } from "./control-plane/control-plane.module.js";
import { type Commands, listenTo } from "./controls.js";
import { Fleet } from "./fleet.js";
import { FrontModule } from "./front.module.js";
import type { FleetOptions } from "./options.js";
import { asksControlPlane } from "./policies.js";
import { openRegistry, type Registry, removeRegistry } from "./registry.js";
import { formatTotals, type Report } from "./report.js";
import type { Screen } from "./screen.js";
import { Tally } from "./tally.js";
import { Traffic } from "./traffic.js";

const INTERVAL_MS = 1000;

/** One run from its start to its end, which may come at any time. */
export class FleetRun {
  /** Aborted when the run is to end. */
  readonly #ending = new AbortController();
  readonly #options: FleetOptions;
  readonly #screen: Screen;
  #registry: Registry | undefined;
  #fleet: Fleet | undefined;
  #controlPlane: GrpcApplication | undefined;
  #front: GrpcApplication | undefined;
  #stopListening = (): void => undefined;
  #timer: NodeJS.Timeout | undefined;
  #second = 0;
  #selected = 1;

  constructor(options: FleetOptions, screen: Screen) {
    this.#options = options;
    this.#screen = screen;
  }

  /** Ends the run; {@link play} resolves when everything has ended. */
  quit(): void {
    this.#ending.abort();
  }

  /** Leaves nothing behind, without waiting for anything. */
  abandon(): void {
    this.#fleet?.killAll();
    if (this.#registry !== undefined) removeRegistry(this.#registry);
    this.#screen.close();
  }

  /** Starts everything, and resolves when it has ended again. Rejects, when all is cleared up, if it cannot start. */
  async play(): Promise<void> {
    const { signal } = this.#ending;
    const ended = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    const start = this.#start();
    // What fails because the run ends in the middle of the start is no failure.
    start.catch(() => undefined);
    try {
      await Promise.race([start.then(() => ended), ended]);
    } finally {
      this.quit();
      await this.#close();
      // It may still be waiting for what has just been closed.
      await start.catch(() => undefined);
      this.abandon();
    }
  }

  addBackend(): void {
    this.#fleet?.add().catch((error: unknown) => this.#note((error as Error).message));
  }

  async #start(): Promise<void> {
    const { signal } = this.#ending;
    const { policy, retry, rate, backends, registry } = this.#options;
    this.#registry = await openRegistry(this.#options);
    if (signal.aborted) return;
    const controlPlane = asksControlPlane(policy) ? await this.#startControlPlane(this.#registry) : undefined;
    if (signal.aborted) return;
    // Before the backends, for it finds what is wrong with the policy.
    const module = FrontModule.forRoot(this.#registry, { policy, retry }, controlPlane);
    const front = await GrpcApplication.create(module, {
      logger: silentLogger,
      signals: [],
      drainLimitMs: 0,
    });
    this.#front = front;
    if (signal.aborted) return;
    const fleet = new Fleet(this.#registry, this.#options, (text) => this.#note(text));
    this.#fleet = fleet;
    this.#screen.title(
      `Atlas fleet: ${Object.keys(policy)[0]}, ${rate} calls/s, ${retry ? "with retries" : "no retries"}, registry ${registry}`,
    );
    if (controlPlane !== undefined) this.#note(`lookup server and balancer listen on ${controlPlane}`);
    this.#stopListening = listenTo(process.stdin, this.#commands);
    await Promise.all(Array.from({ length: backends }, () => fleet.add()));
    if (signal.aborted) return;
    const [listener] = await front.listen();
    this.#note(`the front service may be asked: npx grebe inspect ${listener!.address}`);
    await front.get(Traffic).start(rate);
    if (!signal.aborted) this.#timer = setInterval(() => this.#show(), INTERVAL_MS);
  }

  /** Resolves with its address. */
  async #startControlPlane(registry: Registry): Promise<string> {
    this.#controlPlane = await GrpcApplication.create(ControlPlaneModule.forRoot(registry), {
      logger: silentLogger,
      signals: [],
      drainLimitMs: 0,
    });
    const [listener] = await this.#controlPlane.listen();
    return listener!.address;
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopListening();
    const totals = this.#front?.get(Tally).totals;
    // Before calls are cut that are under way.
    const summary = totals === undefined ? "" : formatTotals(totals, this.#fleet?.views ?? []);
    await this.#front?.close();
    await this.#controlPlane?.close();
    await this.#fleet?.stop();
    if (totals !== undefined && totals.calls > 0) this.#note(summary);
  }

  #favour(number: number): void {
    const address = this.#fleet?.views[number - 1]?.address;
    if (address === undefined) this.#note(`there is no backend ${number}`);
    else if (this.#controlPlane === undefined)
      this.#note("only rls and grpclb ask who is to have more calls");
    else {
      const { favourite } = this.#controlPlane.get(Backends);
      const isNew = favourite.value !== address;
      favourite.next(isNew ? address : undefined);
      this.#note(
        isNew ? `backend ${number} is to have half of the calls` : "all are to have equally many calls",
      );
    }
  }

  #note(text: string): void {
    this.#screen.note(text);
  }

  #show(): void {
    this.#second += 1;
    this.#draw();
    if (this.#second === this.#options.seconds) this.quit();
  }

  #draw(): void {
    const front = this.#front!;
    const [channel] = front.inspect().channels;
    const connections = new Map(channel?.subchannels.map(({ address, state }) => [address, state]));
    const tally = front.get(Tally);
    const report: Report = {
      second: this.#second,
      backends: this.#fleet!.views.map((view) => ({
        ...view,
        connection: view.address === undefined ? undefined : connections.get(view.address),
      })),
      period: tally.take(),
      totals: tally.totals,
      inFlight: front.get(Traffic).inFlight,
      found: channel?.resolver.endpoints.length ?? 0,
    };
    this.#screen.show(report, this.#selected);
  }

  readonly #commands: Commands = {
    select: (number) => {
      if (number <= (this.#fleet?.views.length ?? 0)) this.#selected = number;
    },
    add: () => this.addBackend(),
    kill: (number = this.#selected) => this.#fleet?.kill(number),
    pause: (number = this.#selected) => this.#fleet?.pause(number),
    restart: (number = this.#selected) => {
      this.#fleet?.restart(number).catch((error: unknown) => this.#note((error as Error).message));
    },
    favour: (number = this.#selected) => this.#favour(number),
    quit: () => this.quit(),
    unknown: (text) => this.#note(`"${text}" means nothing here; --help tells what does`),
  };
}
