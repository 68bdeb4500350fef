/**
 * nice-grpc with ts-proto: two middlewares, one that counts and one that keeps a deadline; nice-grpc has that in a
 * package of its own, which does the same.
 */
import {
  type CallOptions,
  type ClientMiddlewareCall,
  createChannel,
  createClientFactory,
  Metadata,
} from "nice-grpc";
import { createSmall, echoRequest, messagesPerCall } from "../payloads.js";
import { countCall } from "../servers/control.js";
import { BenchDefinition } from "../servers/nice-grpc-definition.js";
import {
  deadlineMs,
  isRightCount,
  isRightEcho,
  SmallCheck,
  serverAddress,
  takeOrders,
  toStatus,
} from "./control.js";

async function* countingMiddleware<Request, Response>(
  call: ClientMiddlewareCall<Request, Response>,
  options: CallOptions,
) {
  const startMs = performance.now();
  try {
    return yield* call.next(call.request, options);
  } finally {
    countCall(startMs);
  }
}

async function* deadlineMiddleware<Request, Response>(
  call: ClientMiddlewareCall<Request, Response>,
  options: CallOptions,
) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), deadlineMs);
  const metadata = Metadata(options.metadata).set("grpc-timeout", `${deadlineMs}m`);
  try {
    return yield* call.next(call.request, { ...options, metadata, signal: abort.signal });
  } finally {
    clearTimeout(timer);
  }
}

const channel = createChannel(serverAddress);
const bench = createClientFactory()
  .use(deadlineMiddleware)
  .use(countingMiddleware)
  .create(BenchDefinition, channel);

async function* smalls() {
  for (let sequence = 1; sequence <= messagesPerCall; sequence++) yield createSmall(sequence);
}

async function readSmalls(): Promise<boolean> {
  const check = new SmallCheck();
  for await (const message of bench.streamSmall({ count: messagesPerCall })) check.take(message);
  return check.isRight;
}

takeOrders({
  "client-unary": (ended) => {
    bench.echo(echoRequest).then(
      (reply) => ended(0, isRightEcho(reply)),
      (error) => ended(toStatus(error), false),
    );
  },

  "client-collect": (ended) => {
    bench.collect(smalls()).then(
      (reply) => ended(0, isRightCount(reply)),
      (error) => ended(toStatus(error), false),
    );
  },

  "client-stream64": (ended) => {
    readSmalls().then(
      (isRight) => ended(0, isRight),
      (error) => ended(toStatus(error), false),
    );
  },
});
