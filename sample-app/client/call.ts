import { once } from "node:events";
import { Client, type ClientDuplexStream, credentials, type Metadata } from "@grpc/grpc-js";

export interface CallOptions {
  readonly address: string;
  readonly metadata: Metadata;
  readonly deadlineMs: number | undefined;
  /** Cancels the call. */
  readonly signal: AbortSignal;
}

/**
 * Sends the messages and gives back those that come. On the wire the four modes differ only in how many messages go
 * each way, so that one way to call serves them all. Throws grpc-js's ServiceError if the call fails.
 */
export async function* openCall(
  path: string,
  requests: Iterable<Buffer> | AsyncIterable<Buffer>,
  { address, metadata, deadlineMs, signal }: CallOptions,
): AsyncGenerator<Buffer, void> {
  const client = new Client(address, credentials.createInsecure());
  const call = client.makeBidiStreamRequest(
    path,
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => bytes,
    metadata,
    deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs },
  );
  const cancel = (): void => call.cancel();
  signal.addEventListener("abort", cancel);
  // What goes wrong while sending (a line that is no message, say) ends the call, and is thrown below.
  let sendingFailed: { error: unknown } | undefined;
  send(requests, call).catch((error: unknown) => {
    sendingFailed = { error };
    call.cancel();
  });
  try {
    yield* call;
  } catch (error) {
    throw sendingFailed === undefined ? error : sendingFailed.error;
  } finally {
    signal.removeEventListener("abort", cancel);
    client.close();
  }
}

async function send(
  requests: Iterable<Buffer> | AsyncIterable<Buffer>,
  call: ClientDuplexStream<Buffer, Buffer>,
): Promise<void> {
  for await (const request of requests) {
    if (call.destroyed) return;
    if (!call.write(request)) await once(call, "drain");
  }
  if (!call.destroyed) call.end();
}
