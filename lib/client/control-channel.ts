import type { ControlChannel } from "./balancing/policy.js";
import type { Channel } from "./channel.js";
import { createClient } from "./client.js";

/** A channel as the policy that opened it sees it. */
export function controlChannel(channel: Channel): ControlChannel {
  return {
    connectivity: channel.connectivity,
    client: (service) => createClient(service, channel, { inherit: false }),
    close: () => void channel.close(),
  };
}
