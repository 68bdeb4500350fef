import {
  type CallContext,
  callKey,
  type Guard,
  Inject,
  Injectable,
  injectionToken,
  metadataKey,
  StatusError,
} from "grebe";

const API_KEY = metadataKey("x-api-key");

/** Who travels, as far as the guard has found out. */
export const TRAVELLER = callKey<string>("traveller");

/** The name of its owner by API key. */
export const API_KEYS = injectionToken<ReadonlyMap<string, string>>("API_KEYS");

/** Lets those pass who show a known API key, and notes who they are. */
@Injectable()
export class ApiKeyGuard implements Guard {
  constructor(@Inject(API_KEYS) private readonly owners: ReadonlyMap<string, string>) {}

  canActivate(call: CallContext): boolean {
    const key = call.header(API_KEY);
    if (key === undefined)
      throw StatusError.unauthenticated(`${call.method.name} wants the header x-api-key`);
    const owner = this.owners.get(key);
    // PERMISSION_DENIED
    if (owner === undefined) return false;
    call.set(TRAVELLER, owner);
    return true;
  }
}
