/**
 * What a class asks for. A constructor parameter is injected by its declared class, or by the token that
 * `@Inject` names; `@Injectable` is what makes the compiler write the declared classes down.
 *
 * Lifetimes spread outwards: a controller, interceptor or transient provider that injects what lives per call is
 * itself built for each call. A singleton provider cannot, and asks for a handle:
 *
 * ```ts
 * @Injectable({ lifetime: "call" })
 * export class TripLog {
 *   constructor(@Inject(CALL_CONTEXT) private readonly call: CallContext) {}
 * }
 *
 * @Injectable()
 * export class CityIndex {
 *   constructor(@InjectPerCall(TripLog) private readonly trip: () => TripLog) {}
 * }
 * ```
 */
import type { CallContext } from "../rpc/index.js";
import type { Class, ConcreteClass } from "./decorator-metadata.js";
import { getOwnRecord, getRecord, recordKey, setRecord } from "./decorator-metadata.js";
import { type InjectionToken, injectionToken, type Lifetime, type Token } from "./provider.js";

export interface InjectableOptions {
  /** `singleton` if left out. */
  readonly lifetime?: Lifetime;
}

/** What decorators say about one constructor parameter. */
export interface ParameterRecord {
  /** Present even if the token is undefined, which a circle of file imports leads to. */
  readonly inject?: { readonly token: Token | undefined; readonly perCall: boolean };
  readonly optional?: boolean;
}

type ParameterDecorator = (target: ConcreteClass, property: undefined, index: number) => void;

const injectableKey = recordKey<InjectableOptions>("injectable");
const parametersKey = recordKey<ReadonlyMap<number, ParameterRecord>>("parameters");

/**
 * The context of the call that is being served, for providers that live per call:
 * `constructor(@Inject(CALL_CONTEXT) call: CallContext)`.
 */
export const CALL_CONTEXT: InjectionToken<CallContext> = injectionToken<CallContext>("CALL_CONTEXT");

/** The full names of the services that the application's controllers serve. */
export const SERVED_SERVICES: InjectionToken<readonly string[]> =
  injectionToken<readonly string[]>("SERVED_SERVICES");

/** Marks a class that is built with injection, and says how long its instances live. */
export function Injectable(options: InjectableOptions = {}): (target: ConcreteClass) => void {
  return (target) => setRecord(injectableKey, options, target);
}

/** Injects what a token stands for; needed where the parameter's declared type is no class. */
export function Inject(token: Token): ParameterDecorator {
  return (target, _property, index) => addParameter(target, index, { inject: { token, perCall: false } });
}

/**
 * Injects a function that returns the instance of the current call, so that a singleton can use what lives per
 * call: `constructor(@InjectPerCall(TripLog) private readonly trip: () => TripLog)`. The function throws an
 * Error outside of calls.
 */
export function InjectPerCall(token: Token): ParameterDecorator {
  return (target, _property, index) => addParameter(target, index, { inject: { token, perCall: true } });
}

/** Injects undefined where nothing provides what the parameter asks for. */
export function Optional(): ParameterDecorator {
  return (target, _property, index) => addParameter(target, index, { optional: true });
}

/** What `@Injectable` recorded; undefined if neither the class nor one it extends has it. */
export function injectableOptions(target: Class<unknown>): InjectableOptions | undefined {
  return getRecord(injectableKey, target);
}

/** What parameter decorators recorded on the class's own constructor. */
export function parameterRecords(target: Class<unknown>): ReadonlyMap<number, ParameterRecord> {
  return getOwnRecord(parametersKey, target) ?? new Map();
}

function addParameter(target: Class, index: number, record: ParameterRecord): void {
  const records = parameterRecords(target);
  setRecord(parametersKey, new Map(records).set(index, { ...records.get(index), ...record }), target);
}
