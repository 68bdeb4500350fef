/** Those whom a policy asks where calls go: they are in the same process, and answer at once. */
import type {
  BalancerUpdate,
  ControlChannel,
  ControlChannelOptions,
} from "../../../lib/client/balancing/policy.js";
import { roundRobinPolicy } from "../../../lib/client/balancing/round-robin.js";
import type { Address, Endpoint, LoadBalancerFactory } from "../../../lib/client/index.js";
import { GRPCLB_BALANCERS } from "../../../lib/client/naming/resolver.js";
import type { LoadBalancerServer } from "../../../lib/schema/index.js";
import { FakeControl } from "../../client/balancing/grpclb/support.js";
import { FakeControlChannel } from "../../client/balancing/rls/support.js";
import { endpoints } from "../../client/doubles.js";

export interface ControlPlane {
  createChannel(target: string, options: ControlChannelOptions): ControlChannel;
  /** Has a list reach the policy: what the resolver is to say, undefined if the policy has been told. */
  tell(list: readonly Endpoint[]): Omit<BalancerUpdate, "config"> | undefined;
}

/** What a target of {@link createLookupServer} becomes: the channel's endpoints, in turn. */
export const everyonePolicy: LoadBalancerFactory = {
  name: "everyone",
  parseConfig: (config) => config.string("target"),
  createBalancer: (helper) => roundRobinPolicy.createBalancer(helper),
};

/** All requests go to the same target. */
export function createLookupServer(): ControlPlane {
  return {
    createChannel: (target, options) => {
      const channel = new FakeControlChannel(target, options);
      channel.answer = () => ({ targets: ["everyone"] });
      return channel;
    },
    tell: (list) => ({ endpoints: list, attributes: {} }),
  };
}

/** Lists come from a balancer, not from the resolver. */
export function createBalancer(): ControlPlane {
  let control: FakeControl | undefined;
  const send = (list: readonly Endpoint[]): void => {
    control!.streams[0]!.list(...list.map(toServer));
  };
  return {
    createChannel: (target, options) => {
      control = new FakeControl(target, options);
      return control;
    },
    tell: (list) => {
      if (control !== undefined) {
        send(list);
        return undefined;
      }
      queueMicrotask(() => {
        control!.streams[0]!.welcome();
        send(list);
      });
      return { endpoints: [], attributes: { [GRPCLB_BALANCERS]: endpoints("9.9.9.1:1") } };
    },
  };
}

function toServer({ addresses }: Endpoint): LoadBalancerServer {
  const { host, port } = addresses[0] as Extract<Address, { readonly host: string }>;
  const ipAddress = Buffer.from(host.split(".").map(Number));
  return { ipAddress, port, loadBalanceToken: "", drop: false };
}
