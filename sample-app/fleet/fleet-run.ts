import { GrpcApplication, silentLogger } from "grebe";
import { ControlPlane } from "./control-plane.js";
import { type Commands, listenTo } from "./controls.js";
import { Fleet } from "./fleet.js";
import { FrontModule } from "./front.module.js";
import type { FleetOptions } from "./options.js";
import { asksControlPlane } from "./policies.js";
import { openRegistry, type Registry, removeRegistry } from "./registry.js";
import type { Report } from "./report.js";
import type { Screen } from "./screen.js";
import { type Period, Tally } from "./tally.js";
import { Traffic } from "./traffic.js";

const INTERVAL_MS = 1000;
/** Who has no connection after this time is told why. */
const PATIENCE_S = 2;

/** One run from its start to its end, which may come at any time. */
export class FleetRun {
  /** Aborted when the run is to end. */
  readonly #ending = new AbortController();
  readonly #options: FleetOptions;
  readonly #screen: Screen;
  #registry: Registry | undefined;
  #fleet: Fleet | undefined;
  #controlPlane: ControlPlane | undefined;
  #front: GrpcApplication | undefined;
  #stopListening = (): void => undefined;
  #timer: NodeJS.Timeout | undefined;
  #second = 0;
  #selected = 1;
  #period: Period | undefined;
  /** Why there is no connection, as it was told last. */
  #obstacle: string | undefined;
  #isOver = false;

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
    this.#controlPlane?.kill();
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
    this.#tell(this.#fleet?.add());
  }

  async #start(): Promise<void> {
    const { signal } = this.#ending;
    const { policy, retry, rate, backends, registry } = this.#options;
    this.#registry = await openRegistry(this.#options);
    if (signal.aborted) return;
    const controlPlane = asksControlPlane(policy.config) ? await this.#startControlPlane() : undefined;
    if (signal.aborted) return;
    // Before the backends, for it finds what is wrong with the policy.
    const module = FrontModule.forRoot(
      this.#registry,
      { policy: policy.config, retry },
      controlPlane?.address,
    );
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
      `Atlas fleet: ${policy.name}, ${rate} calls/s, ${retry ? "with retries" : "no retries"}, registry ${registry}`,
    );
    controlPlane?.announce();
    this.#stopListening = listenTo(process.stdin, this.#commands);
    await Promise.all(Array.from({ length: backends }, () => fleet.add()));
    if (signal.aborted) return;
    const [listener] = await front.listen();
    this.#note(`the front service may be asked: npx grebe inspect ${listener!.address}`);
    if (signal.aborted) return;
    // From here on time passes, whether the policy finds a backend or not.
    this.#timer = setInterval(() => this.#show(), INTERVAL_MS);
    await front.get(Traffic).start(rate);
  }

  async #startControlPlane(): Promise<ControlPlane> {
    this.#controlPlane = new ControlPlane(this.#registry!, (text) => this.#note(text));
    await this.#controlPlane.start();
    return this.#controlPlane;
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopListening();
    const traffic = this.#front?.get(Traffic);
    traffic?.stop();
    // Before calls are cut that are under way: they have not failed.
    if (traffic?.isCalling) this.#screen.end(this.#report(this.#period), this.#selected);
    this.#isOver = true;
    await this.#front?.close();
    await Promise.all([this.#controlPlane?.stop(), this.#fleet?.stop()]);
  }

  #favour(number: number): void {
    const address = this.#fleet?.views[number - 1]?.address;
    if (address === undefined) this.#note(`there is no backend ${number}, or no address of it yet`);
    else if (this.#controlPlane === undefined)
      this.#note("only rls and grpclb ask who is to have more calls");
    else if (this.#controlPlane.favour(address)) {
      this.#note(`backend ${number} is to have ${this.#favouriteShare}`);
    } else this.#note("no backend is favoured any more");
  }

  get #favouriteShare(): string {
    const { policy, weight } = this.#options;
    if (!("grpclb" in policy.config)) return "every second call";
    return weight.length === 0
      ? "twice as many calls as each other one"
      : "twice as many calls as its weight says";
  }

  /** What is asked for may fail, but nobody wants to hear of it at the end. */
  #tell(done: Promise<void> | undefined): void {
    done?.catch((error: unknown) => this.#note((error as Error).message));
  }

  #note(text: string): void {
    if (!this.#isOver) this.#screen.note(text);
  }

  #show(): void {
    this.#second += 1;
    this.#period = this.#front!.get(Tally).take();
    this.#screen.show(this.#report(this.#period), this.#selected);
    void this.#explainSilence();
    if (this.#second === this.#options.seconds) this.quit();
  }

  /** The first call waits for a connection, which the policy may never get. */
  async #explainSilence(): Promise<void> {
    const traffic = this.#front!.get(Traffic);
    if (this.#second < PATIENCE_S || traffic.isCalling) return;
    const obstacle = await traffic.findObstacle();
    if (obstacle === undefined || obstacle === this.#obstacle || traffic.isCalling) return;
    this.#obstacle = obstacle;
    this.#note(`no backend can be called yet: ${obstacle}`);
  }

  #report(period: Period | undefined): Report {
    const front = this.#front!;
    const [channel] = front.inspect().channels;
    const connections = new Map(channel?.subchannels.map(({ address, state }) => [address, state]));
    const tally = front.get(Tally);
    return {
      second: this.#second,
      backends: this.#fleet!.views.map((view) => ({
        ...view,
        connection: view.address === undefined ? undefined : connections.get(view.address),
        isFavourite: view.address !== undefined && view.address === this.#controlPlane?.favourite,
      })),
      controlPlane: this.#controlPlane?.view,
      period: period ?? tally.take(),
      totals: tally.totals,
      inFlight: front.get(Traffic).inFlight,
      found: channel?.resolver.endpoints.length ?? 0,
    };
  }

  #select(number: number): void {
    if (number >= 1 && number <= (this.#fleet?.views.length ?? 0)) this.#selected = number;
  }

  readonly #commands: Commands = {
    select: (number) => this.#select(number),
    move: (by) => this.#select(this.#selected + by),
    add: () => this.addBackend(),
    kill: (number = this.#selected) => this.#fleet?.kill(number),
    pause: (number = this.#selected) => this.#fleet?.pause(number),
    restart: (number = this.#selected) => this.#tell(this.#fleet?.restart(number)),
    favour: (number = this.#selected) => this.#favour(number),
    controlPlane: () => {
      if (this.#controlPlane === undefined) this.#note("only rls and grpclb ask a control plane");
      this.#tell(this.#controlPlane?.toggle());
    },
    quit: () => this.quit(),
    unknown: (text) => this.#note(`"${text}" means nothing here; --help tells what does`),
  };
}
