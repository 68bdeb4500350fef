import {
  type ApplicationOptions,
  type CloseReport,
  GrpcApplication,
  type ModuleImport,
  type Override,
  type Token,
} from "../app/index.js";
import { silentLogger } from "../rpc/index.js";
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

export interface TestingApp {
  readonly app: GrpcApplication;
  /** `127.0.0.1:port` of the listener that was added for the test. */
  readonly address: string;
  get<T>(token: Token<T>): T;
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
      return { app, address: own.address, get: (token) => app.get(token), close: () => app.close() };
    },
  };
  return builder;
}
