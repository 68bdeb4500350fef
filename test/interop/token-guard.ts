/** The stand-in for cloud credentials: callers are known by a token in `authorization`. */
import {
  type CallContext,
  callKey,
  type Guard,
  Inject,
  Injectable,
  injectionToken,
  metadataKey,
  StatusError,
} from "../../lib/index.js";

export interface Caller {
  readonly username: string;
  readonly oauthScope: string;
}

/** Who shows which token. */
export const CALLERS = injectionToken<ReadonlyMap<string, Caller>>("CALLERS");

/** The authenticated caller; not set for anonymous calls. */
export const CALLER = callKey<Caller>("caller");

const AUTHORIZATION = metadataKey("authorization");

/** Lets anonymous callers and known tokens in. */
@Injectable()
export class TokenGuard implements Guard {
  constructor(@Inject(CALLERS) private readonly callers: ReadonlyMap<string, Caller>) {}

  canActivate(call: CallContext): boolean {
    const authorization = call.header(AUTHORIZATION);
    if (authorization === undefined) return true;
    const token = /^Bearer (.+)$/i.exec(authorization)?.[1];
    const caller = token === undefined ? undefined : this.callers.get(token);
    if (caller === undefined) throw StatusError.unauthenticated("the token is not known");
    call.set(CALLER, caller);
    return true;
  }
}
