/** The channels of one application, each shared by the clients whose targets and options are equal. */
import { type Channel, type ChannelOptions, createChannel } from "../../client/index.js";
import type { ApplicationChannel } from "../inspection.js";
import { sameSettings } from "./same-settings.js";

/** A client's hold on a channel. */
export interface ChannelLease {
  readonly channel: Channel;
  /** Closes the channel if nobody else holds it. */
  release(): Promise<void>;
}

interface SharedChannel {
  readonly channel: Channel;
  readonly target: string;
  readonly options: ChannelOptions;
  readonly clients: string[];
  eager: boolean;
  holders: number;
}

export class ChannelPool {
  readonly #channels: SharedChannel[] = [];
  #closed = false;

  /**
   * A channel for `client`, opened or shared. `surroundings` are those of the application, the same for all. Throws an
   * Error that says what is wrong.
   */
  lease(
    client: string,
    target: string,
    options: ChannelOptions,
    surroundings: ChannelOptions,
    eager: boolean,
  ): ChannelLease {
    if (this.#closed) throw new Error("the application is closed");
    let shared = this.#channels.find((each) => each.target === target && sameSettings(each.options, options));
    if (shared === undefined) {
      const channel = createChannel(target, { ...options, ...surroundings });
      shared = { channel, target, options, clients: [], eager: false, holders: 0 };
      this.#channels.push(shared);
    }
    shared.clients.push(client);
    shared.holders += 1;
    shared.eager ||= eager;
    return new Lease(shared, () => this.#drop(shared));
  }

  /** Connects what is to be connected before the first call. */
  connect(): void {
    for (const { eager, channel } of this.#channels) if (eager) channel.connect();
  }

  inspect(): ApplicationChannel[] {
    return this.#channels.map(({ clients, channel }) => ({ clients: [...clients], ...channel.inspect() }));
  }

  /** Closes what is still open. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#channels.splice(0).map(({ channel }) => channel.close()));
  }

  #drop(shared: SharedChannel): Promise<void> {
    const index = this.#channels.indexOf(shared);
    if (index >= 0) this.#channels.splice(index, 1);
    return shared.channel.close();
  }
}

class Lease implements ChannelLease {
  readonly #shared: SharedChannel;
  readonly #drop: () => Promise<void>;
  #released: Promise<void> | undefined;

  constructor(shared: SharedChannel, drop: () => Promise<void>) {
    this.#shared = shared;
    this.#drop = drop;
  }

  get channel(): Channel {
    return this.#shared.channel;
  }

  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  async #release(): Promise<void> {
    this.#shared.holders -= 1;
    if (this.#shared.holders === 0) await this.#drop();
  }
}
