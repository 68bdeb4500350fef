/** What tests of resolvers share: a watched name with a clock that the test drives, and a list of what came. */
import { formatAddress } from "../../../lib/client/naming/endpoint.js";
import { NameWatch } from "../../../lib/client/naming/name-watch.js";
import type { Resolution, ResolverDefinition } from "../../../lib/client/naming/resolver.js";
import { parseTarget, type Target } from "../../../lib/client/naming/target.js";
import { type Clock, type Random, type StatusError, systemClock } from "../../../lib/rpc/index.js";
import { recordingLogger, turn, until } from "../../server/support.js";
import { ManualClock } from "../doubles.js";

export function targetOf(definition: ResolverDefinition, text: string): Target {
  return parseTarget(text, [definition.scheme]);
}

/** Addresses as text, a list for each endpoint with several. */
export function textOf({ endpoints }: Resolution): (string | string[])[] {
  return endpoints.map(({ addresses }) => {
    const texts = addresses.map(formatAddress);
    return texts.length === 1 ? texts[0]! : texts;
  });
}

export interface WatchedNameOptions<C extends Clock> {
  readonly clock: C;
  readonly random?: Random;
}

/** A channel's view of one name. */
export class WatchedName<C extends Clock = ManualClock> {
  readonly clock: C;
  readonly logger = recordingLogger();
  readonly resolutions: Resolution[] = [];
  readonly errors: StatusError[] = [];
  /** What the channel says to the next list. */
  accepts = true;
  /** Runs inside of each callback. */
  onEvent: () => void = () => undefined;
  readonly watch: NameWatch;

  constructor(
    definition: ResolverDefinition,
    text: string,
    { clock, random = () => 0.5 }: WatchedNameOptions<C>,
  ) {
    this.clock = clock;
    const context = { clock, random, logger: this.logger };
    this.watch = new NameWatch(definition, targetOf(definition, text), context, {
      onResolution: (resolution) => {
        this.resolutions.push(resolution);
        this.onEvent();
        return this.accepts;
      },
      onError: (status) => {
        this.errors.push(status);
        this.onEvent();
      },
    });
  }

  get events(): number {
    return this.resolutions.length + this.errors.length;
  }

  /** The newest list. */
  get list(): (string | string[])[] | undefined {
    const last = this.resolutions.at(-1);
    return last && textOf(last);
  }

  /** Waits for the next list or error, beyond those there are. */
  async next(what = "the name is resolved", events = this.events): Promise<void> {
    await until(() => this.events > events, what);
    await turn();
  }
}

/** A name on a clock that stands still; started. */
export function watchName(definition: ResolverDefinition, text: string, random?: Random): WatchedName {
  const name = new WatchedName(definition, text, {
    clock: new ManualClock(),
    ...(random === undefined ? {} : { random }),
  });
  name.watch.start();
  return name;
}

/** A name on the system's clock; started. */
export function watchNameForReal(definition: ResolverDefinition, text: string): WatchedName<Clock> {
  const name = new WatchedName<Clock>(definition, text, { clock: systemClock });
  name.watch.start();
  return name;
}
