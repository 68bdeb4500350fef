import { StatusError } from "../../../rpc/index.js";
import type { ConnectivityState } from "../../connectivity.js";
import { failPicker, type PickArgs, type Picker, type PickResult } from "../picker.js";
import type {
  BalancerUpdate,
  ChannelControlHelper,
  LoadBalancer,
  LoadBalancerFactory,
  PolicyDescription,
} from "../policy.js";
import { LookupServer } from "./lookup-server.js";
import { type LookupServerConfig, parseRlsConfig, type RlsConfig } from "./rls-config.js";
import { RouteTable } from "./route-table.js";
import { RouteTargets } from "./route-targets.js";

const NAME = "rls_experimental";

/**
 * Asks a lookup server where calls go, by their method and some of their headers, and keeps its answers for a while
 * (grpc.lookup.v1). Each target that it names is a child policy of its own.
 */
export const rlsPolicy: LoadBalancerFactory<RlsConfig> = {
  name: NAME,
  aliases: ["rls"],
  parseConfig: parseRlsConfig,
  createBalancer: (helper) => new Rls(helper),
};

class Rls implements LoadBalancer<RlsConfig> {
  readonly #helper: ChannelControlHelper;
  readonly #targets: RouteTargets;
  readonly #table: RouteTable;
  #server: LookupServer | undefined;
  #state: ConnectivityState = "CONNECTING";
  /** Above 0 while changes are under way; they are published together. */
  #held = 0;
  #changed = false;
  #closed = false;

  constructor(helper: ChannelControlHelper) {
    this.#helper = helper;
    const onChange = (): void => this.#onChange();
    this.#targets = new RouteTargets(helper, onChange);
    this.#table = new RouteTable(helper.context, this.#targets, {
      onChange,
      hold: (work) => this.#hold(work),
    });
  }

  update({ endpoints, config, attributes }: BalancerUpdate<RlsConfig>): boolean {
    const before = this.#server;
    let server = before;
    if (server === undefined || !sameServer(server.config, config.lookupServer)) {
      try {
        const { context } = this.#helper;
        server = new LookupServer(context, config.lookupServer, () => this.#table.resetBackoff());
      } catch (error) {
        this.#refuse(error as Error);
        return false;
      }
    }
    this.#server = server;
    if (server !== before) before?.close();
    this.#hold(() => {
      this.#targets.configure(config.child, { endpoints, attributes });
      this.#table.configure(config, server);
      this.#onChange();
    });
    return true;
  }

  /** What was in force before stays so. */
  #refuse(error: Error): void {
    if (this.#server !== undefined) return;
    const text = `rls: the lookup service cannot be used: ${error.message}`;
    this.#tell("TRANSIENT_FAILURE", failPicker(StatusError.unavailable(text, { cause: error })));
  }

  resolverError(error: StatusError): void {
    if (this.#server !== undefined) {
      this.#hold(() => this.#targets.resolverError(error));
    } else {
      const status = StatusError.unavailable(`name resolver error: ${error.text}`, { cause: error });
      this.#tell("TRANSIENT_FAILURE", failPicker(status));
    }
  }

  exitIdle(): void {
    this.#hold(() => this.#targets.exitIdle());
  }

  resetBackoff(): void {
    this.#targets.resetBackoff();
  }

  close(): void {
    this.#closed = true;
    this.#table.close();
    this.#server?.close();
    this.#targets.close();
  }

  describe(): PolicyDescription {
    return {
      policy: NAME,
      state: this.#state,
      children: this.#targets.describe(),
      detail: this.#table.describe(),
    };
  }

  #hold(work: () => void): void {
    this.#held += 1;
    try {
      work();
    } finally {
      this.#held -= 1;
    }
    if (this.#changed) this.#onChange();
  }

  #onChange(): void {
    this.#changed = this.#held > 0;
    if (this.#changed || this.#server === undefined) return;
    this.#tell(this.#targets.state, new RlsPicker(this.#table));
  }

  #tell(state: ConnectivityState, picker: Picker): void {
    if (this.#closed) return;
    this.#state = state;
    this.#helper.updateState(state, picker);
  }
}

/** A new one each time: that tells waiting calls, and policies above, that something has changed. */
class RlsPicker implements Picker {
  readonly #table: RouteTable;

  constructor(table: RouteTable) {
    this.#table = table;
  }

  pick(args: PickArgs): PickResult {
    return this.#table.pick(args);
  }
}

function sameServer(a: LookupServerConfig, b: LookupServerConfig): boolean {
  return (
    a.target === b.target &&
    a.timeoutMs === b.timeoutMs &&
    JSON.stringify(a.serviceConfig) === JSON.stringify(b.serviceConfig)
  );
}
