import {
  type ApplicationOptions,
  type CloseReport,
  GrpcApplication,
  type ModuleImport,
  type Override,
  type Token,
} from "../app/index.js";
import {
  type Channel,
  type ChannelOptions,
  type Client,
  type ClientOptions,
  createChannel,
  createClient,
} from "../client/index.js";
import { silentLogger } from "../rpc/index.js";
import type { ServiceMethods, ServiceType } from "../schema/index.js";
import { tcp } from "../server/index.js";

/** A whole application on a real loopback port, with parts of it replaced. */
export interface TestingAppBuilder {
  /** Puts a value in the place of a provider, wherever it is declared. */
  override<T>(token: Token<T>, value: T): TestingAppBuilder;
  /** Replaces a provider by another class, value or factory. */
  overrideProvider(token: Token, override: Override): TestingAppBuilder;
  /** Builds and starts. Throws a {@link StartupError} that lists all mistakes. */
  start(): Promise<TestingApp>;
}

/** Of a client of the application, and of the channel that it has for itself if any such option is there. */
export interface TestingClientOptions extends ClientOptions {
  readonly channel?: ChannelOptions;
}

export interface TestingApp {
  readonly app: GrpcApplication;
  /** `127.0.0.1:port` of the listener that was added for the test. */
  readonly address: string;
  get<T>(token: Token<T>): T;
  /** A client of one of its services, over {@link address}; closed with the application. */
  client<M extends ServiceMethods>(
    service: ServiceType<M>,
    options?: TestingClientOptions,
  ): Client<ServiceType<M>>;
  close(): Promise<CloseReport>;
}

/**
 * Prepares an application for a test: a free port on the loopback beside the listeners it has, no signals, no log.
 */
export function createTestingApp(root: ModuleImport, options: ApplicationOptions = {}): TestingAppBuilder {
  const overrides = new Map<Token, Override>(options.overrides);
  const builder: TestingAppBuilder = {
    override: (token, value) => builder.overrideProvider(token, { useValue: value }),
    overrideProvider: (token, override) => {
      overrides.set(token, override);
      return builder;
    },
    start: async () => {
      const listener = tcp({ port: 0 });
      const app = await GrpcApplication.create(root, {
        logger: silentLogger,
        signals: [],
        drainLimitMs: 0,
        ...options,
        overrides,
        listeners: [listener, ...(options.listeners ?? [])],
      });
      const bound = await app.listen();
      const own = bound.find((each) => each.listener === listener)!;
      const channels = new TestingChannels(own.address);
      return {
        app,
        address: own.address,
        get: (token) => app.get(token),
        client: (service, { channel, ...rest } = {}) => createClient(service, channels.open(channel), rest),
        close: async () => {
          // Clients see how their calls end when the application closes.
          const report = await app.close();
          await channels.close();
          return report;
        },
      };
    },
  };
  return builder;
}

/** The channels of one test: a shared one, and those with options of their own. */
class TestingChannels {
  readonly #target: string;
  readonly #open: Channel[] = [];
  #shared: Channel | undefined;

  constructor(address: string) {
    this.#target = `static:///${address}`;
  }

  open(options: ChannelOptions | undefined): Channel {
    if (options === undefined && this.#shared !== undefined) return this.#shared;
    const channel = createChannel(this.#target, options);
    this.#open.push(channel);
    if (options === undefined) this.#shared = channel;
    return channel;
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((channel) => channel.close()));
  }
}
