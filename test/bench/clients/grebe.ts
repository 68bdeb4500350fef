/** Grebe: one interceptor; each call is made under one that is being served, and inherits its deadline and its end. */
import { finalize, type Observable } from "rxjs";
import {
  type CallHandler,
  type ClientInterceptor,
  createChannel,
  createClient,
  type OutgoingCall,
} from "../../../lib/index.js";
import { findCall, runInCall } from "../../../lib/rpc/index.js";
import { Bench } from "../generated/bench.js";
import { createSmall, echoRequest, messagesPerCall, type Small } from "../payloads.js";
import { countCall } from "../servers/control.js";
import { isRightCount, isRightEcho, SmallCheck, serverAddress, takeOrders, toStatus } from "./control.js";
import { ServedCall } from "./served-call.js";

class CountingInterceptor implements ClientInterceptor {
  intercept(_call: OutgoingCall, next: CallHandler): Observable<unknown> {
    const startMs = performance.now();
    return next.handle().pipe(finalize(() => countCall(startMs)));
  }
}

const channel = createChannel(`static:///${serverAddress}`);
const bench = createClient(Bench, channel, { interceptors: [new CountingInterceptor()] });

const probe = new ServedCall();
const isAmbient = runInCall(probe, () => findCall() === probe);
const noOptions = {};

/** Makes a call as a handler does: where calls are not ambient, it hands its own on. */
function underCall<T>(make: (options: { caller?: ServedCall }) => T): T {
  const caller = new ServedCall();
  return isAmbient ? runInCall(caller, () => make(noOptions)) : make({ caller });
}

function* smalls(): Iterable<Small> {
  for (let sequence = 1; sequence <= messagesPerCall; sequence++) yield createSmall(sequence);
}

takeOrders({
  "client-unary": (ended) => {
    underCall((options) => bench.echo(echoRequest, options)).then(
      (reply) => ended(0, isRightEcho(reply)),
      (error) => ended(toStatus(error), false),
    );
  },

  "client-collect": (ended) => {
    underCall((options) => bench.collect(smalls(), options)).then(
      (reply) => ended(0, isRightCount(reply)),
      (error) => ended(toStatus(error), false),
    );
  },

  "client-stream64": (ended) => {
    const check = new SmallCheck();
    underCall((options) =>
      bench.streamSmall({ count: messagesPerCall }, options).subscribe({
        next: (message) => check.take(message),
        error: (error) => ended(toStatus(error), false),
        complete: () => ended(0, check.isRight),
      }),
    );
  },
});
