/**
 * Hooks that run when the application starts and stops. Any singleton may have them: a provider, a controller,
 * a guard, a module class. Starting goes in dependency order (imported modules first; in a module, providers
 * before those that use them, then controllers, then the module class), stopping exactly the other way round.
 */

/** When all providers are built. */
export interface OnModuleInit {
  onModuleInit(): void | Promise<void>;
}

/** When every `onModuleInit` has ended; the application listens next. */
export interface OnApplicationBootstrap {
  onApplicationBootstrap(): void | Promise<void>;
}

/** First when stopping; `app.close()` or a signal was the cause. */
export interface OnModuleDestroy {
  onModuleDestroy(): void | Promise<void>;
}

/** When every `onModuleDestroy` has ended and before connections are closed. */
export interface BeforeApplicationShutdown {
  beforeApplicationShutdown(signal?: string): void | Promise<void>;
}

/** Last, when connections are closed. */
export interface OnApplicationShutdown {
  onApplicationShutdown(signal?: string): void | Promise<void>;
}
