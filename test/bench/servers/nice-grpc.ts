/** nice-grpc with ts-proto, the pair its README starts with; one middleware. It validates nothing. */
import { type CallContext, createServer, type ServerMiddlewareCall } from "nice-grpc";
import { createNumericRich, createSmall } from "../payloads.js";
import { announce, countCall } from "./control.js";
import { BenchDefinition, type BenchServiceImplementation } from "./nice-grpc-definition.js";

async function* countingMiddleware<Request, Response>(
  call: ServerMiddlewareCall<Request, Response>,
  context: CallContext,
) {
  const startMs = performance.now();
  try {
    return yield* call.next(call.request, context);
  } finally {
    countCall(startMs);
  }
}

const bench: BenchServiceImplementation = {
  async echo({ id, text }) {
    return { id, text };
  },

  async create({ email }) {
    return { id: 1000000000007, email };
  },

  async *streamSmall({ count }) {
    for (let sequence = 1; sequence <= count; sequence++) yield createSmall(sequence);
  },

  async *streamRich({ count }) {
    for (let sequence = 1; sequence <= count; sequence++) yield createNumericRich(sequence);
  },

  async collect(messages) {
    let count = 0;
    for await (const _ of messages) count += 1;
    return { count };
  },
};

const server = createServer().use(countingMiddleware);
server.add(BenchDefinition, bench);
announce(await server.listen("127.0.0.1:0"));
