import {
  type ChannelOptions,
  type ClientOptions,
  UnknownPolicyError,
  UnknownSchemeError,
} from "../../client/index.js";
import { type StartupProblem, suggest } from "../../rpc/index.js";
import type { ClientConnectionOptions, ClientSettings } from "./declaration.js";

type ChannelPart = Omit<ClientConnectionOptions, keyof ClientOptions | "connect">;

/** What the settings of a client say to its channel, and what to its calls. */
export interface DividedSettings {
  readonly target: string;
  readonly eager: boolean;
  readonly channel: ChannelOptions;
  readonly calls: Omit<ClientOptions, "interceptors">;
}

const callOptions = {
  ...{ deadlineMs: true, streamDeadlineMs: true, waitForReady: true, compression: true, inherit: true },
} satisfies Record<keyof Omit<ClientOptions, "interceptors">, boolean>;

const channelOptions = {
  ...{ policy: true, serviceConfig: true, ignoreResolvedConfig: true, connections: true, tls: true },
  ...{ keepalive: true, connectTimeoutMs: true, backoff: true, idleTimeoutMs: true, maxReceiveBytes: true },
  ...{ maxSendBytes: true, flowControlWindow: true, authority: true, userAgent: true, retry: true },
  ...{ callCredentials: true, healthCheck: true, ringSizeCap: true, clock: true, random: true },
} satisfies Record<keyof ChannelPart, boolean>;

const optionNames = ["target", "connect", ...Object.keys(callOptions), ...Object.keys(channelOptions)];

/** Throws an Error that says what is wrong. */
export function divideSettings(settings: ClientSettings): DividedSettings {
  if (typeof settings !== "object" || settings === null) {
    throw new Error(`its factory made ${String(settings)}, not { target, … }`);
  }
  const { target, connect = "lazy" } = settings;
  if (typeof target !== "string") throw new Error(`its target must be a text, got ${String(target)}`);
  if (connect !== "lazy" && connect !== "eager") {
    throw new Error(`connect must be "lazy" or "eager", got "${String(connect)}"`);
  }
  const channel: Record<string, unknown> = {};
  const calls: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(settings)) {
    if (!optionNames.includes(name))
      throw new Error(`a client has no option "${name}".${suggest(name, optionNames)}`);
    if (value === undefined || name === "target" || name === "connect") continue;
    if (name in callOptions) calls[name] = value;
    else channel[name] = value;
  }
  checkDeadline(settings, "deadlineMs");
  checkDeadline(settings, "streamDeadlineMs");
  return { target, eager: connect === "eager", channel, calls };
}

function checkDeadline(settings: ClientSettings, name: "deadlineMs" | "streamDeadlineMs"): void {
  const value = settings[name];
  if (value !== undefined && !(typeof value === "number" && value > 0)) {
    throw new Error(`${name} must be a positive number of milliseconds, or Infinity, got ${String(value)}`);
  }
}

/** What is wrong with a client, as it is told at start. `where` names the client and its module. */
export function clientProblem(where: string, error: unknown): StartupProblem {
  const message = `${where}: ${error instanceof Error ? error.message : String(error)}`;
  if (error instanceof UnknownSchemeError) return { code: "UNKNOWN_SCHEME", message };
  if (error instanceof UnknownPolicyError) {
    return { code: "UNKNOWN_POLICY", message: `${message}\nAdd it to balancingPolicies of a module.` };
  }
  return { code: "BAD_CLIENT", message };
}
