/**
 * The few lines behind a `forRootAsync`. A module that takes options has one token for them and two static
 * methods:
 *
 * ```ts
 * static forRoot(options: MailOptions): DynamicModule {
 *   return { module: MailModule, providers: [{ provide: MAIL_OPTIONS, useValue: options }] };
 * }
 * static forRootAsync(options: AsyncOptions<MailOptions>): DynamicModule {
 *   return asyncModule(MailModule, MAIL_OPTIONS, options);
 * }
 * ```
 */
import type { ConcreteClass } from "./decorator-metadata.js";
import type { DynamicModule, ModuleImport } from "./module.js";
import type { InjectedArgument, Provider, Token } from "./provider.js";

/** A provider that makes the options of a module. */
export interface OptionsFactory<T> {
  createOptions(): T | Promise<T>;
}

/** Where the options of a module come from when they are not known while modules are written. */
export type AsyncOptions<T> = {
  /** Modules that provide what the factory or class asks for. */
  readonly imports?: readonly ModuleImport[] | undefined;
  readonly global?: boolean | undefined;
} & (
  | {
      readonly useFactory: (...args: never[]) => T | Promise<T>;
      readonly inject?: readonly (Token | InjectedArgument)[] | undefined;
    }
  | { readonly useClass: ConcreteClass<OptionsFactory<T>> }
  | { readonly useExisting: Token<OptionsFactory<T>> }
);

/** The providers that put options under a token. */
export function asyncProviders<T>(token: Token<T>, options: AsyncOptions<T>): Provider[] {
  if ("useFactory" in options) {
    return [{ provide: token, useFactory: options.useFactory, inject: options.inject }];
  }
  const source = "useClass" in options ? options.useClass : options.useExisting;
  const provider: Provider = {
    provide: token,
    useFactory: (factory: OptionsFactory<T>) => factory.createOptions(),
    inject: [source],
  };
  return "useClass" in options ? [options.useClass, provider] : [provider];
}

/** A module of a class with its options under a token; spread it to add more. */
export function asyncModule<T>(
  module: ConcreteClass,
  token: Token<T>,
  options: AsyncOptions<T>,
): DynamicModule {
  return {
    module,
    imports: options.imports ?? [],
    global: options.global ?? false,
    providers: asyncProviders(token, options),
  };
}
