/**
 * What can be injected. A {@link Provider} says how to come by the thing behind a {@link Token}: build a class,
 * take a value, call a factory, or use what another token stands for.
 */
import { suggest } from "../rpc/index.js";
import type { Class, ConcreteClass } from "./decorator-metadata.js";

/**
 * How long an instance lives: as long as the application, as long as one call (built only where a call asks for
 * it), or one for each place it is injected in.
 */
export type Lifetime = "singleton" | "call" | "transient";

/** A token with a type, for what has no class of its own. Make one with {@link injectionToken}. */
export interface InjectionToken<T> {
  readonly description: string;
  readonly id: symbol;
  /** Only carries the type. */
  readonly type?: T;
}

export function injectionToken<T>(description: string): InjectionToken<T> {
  return { description, id: Symbol(description) };
}

/** What a dependency is asked by. A class is its own token. */
export type Token<T = unknown> = Class<T> | InjectionToken<T> | string | symbol;

/** One argument of a factory. */
export interface InjectedArgument {
  readonly token: Token;
  /** Hand in `undefined` where nothing provides the token. */
  readonly optional?: boolean | undefined;
  /** Hand in a function that returns the instance of the current call, as `@InjectPerCall` does. */
  readonly perCall?: boolean | undefined;
}

export interface ClassProvider<T = unknown> {
  readonly provide: Token<T>;
  readonly useClass: ConcreteClass<T>;
  /** The one that `@Injectable` names on the class, if left out. */
  readonly lifetime?: Lifetime | undefined;
}

export interface ValueProvider<T = unknown> {
  readonly provide: Token<T>;
  readonly useValue: T;
}

/** Its function may be asynchronous if what it makes is a singleton; the application starts when all are there. */
export interface FactoryProvider<T = unknown> {
  readonly provide: Token<T>;
  readonly useFactory: (...args: never[]) => T | Promise<T>;
  readonly inject?: readonly (Token | InjectedArgument)[] | undefined;
  readonly lifetime?: Lifetime | undefined;
}

/** Another name for what `useExisting` stands for: the same instance, not a second one. */
export interface ExistingProvider<T = unknown> {
  readonly provide: Token<T>;
  readonly useExisting: Token<T>;
}

export type Provider<T = unknown> =
  | ConcreteClass<T>
  | ClassProvider<T>
  | ValueProvider<T>
  | FactoryProvider<T>
  | ExistingProvider<T>;

/** The token that a provider answers to. */
export function providedToken(provider: Provider): Token {
  return typeof provider === "function" ? provider : provider.provide;
}

/** Whether a value can be a token at all. */
export function isToken(value: unknown): value is Token {
  return (
    typeof value === "function" ||
    typeof value === "symbol" ||
    (typeof value === "string" && value !== "") ||
    (typeof value === "object" && value !== null && typeof (value as InjectionToken<unknown>).id === "symbol")
  );
}

/** A token as messages name it. */
export function formatToken(token: unknown): string {
  if (typeof token === "function") return token.name === "" ? "an anonymous class" : token.name;
  if (typeof token === "string") return `"${token}"`;
  if (typeof token === "symbol") return token.toString();
  return isToken(token) ? (token as InjectionToken<unknown>).description : String(token);
}

/** Equal for equal tokens: what maps of tokens are keyed by. */
export function tokenKey(token: Token): Class | string | symbol {
  return typeof token === "object" ? token.id : (token as Class | string | symbol);
}

/** ` Did you mean "…"?`, or an empty text. */
export function suggestToken(token: Token, known: Iterable<{ readonly token: Token }>): string {
  const word = (named: Token) => (typeof named === "string" ? named : formatToken(named));
  return suggest(
    word(token),
    [...known].map((other) => word(other.token)),
  );
}
