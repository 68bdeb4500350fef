/** The client of the unary probes: grpc-js, with ready-made bytes. */
import * as grpc from "@grpc/grpc-js";
import { packageName } from "./messages.js";

export interface Outcome {
  readonly code: grpc.status;
  readonly elapsedMs: number;
  readonly metadata: grpc.Metadata | undefined;
  readonly message: Buffer | undefined;
}

const asBytes = (bytes: Buffer): Buffer => bytes;
const deadlineMs = 2_000;

export class ProbeClient {
  readonly #client: grpc.Client;

  constructor(port: number) {
    this.#client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  }

  /** With a deadline of two seconds. */
  call(path: string, request: Buffer, cancelAfterMs?: number): Promise<Outcome> {
    return new Promise((resolve) => {
      const start = performance.now();
      const call = this.#client.makeUnaryRequest(
        `/${packageName}.${path}`,
        asBytes,
        asBytes,
        request,
        { deadline: Date.now() + deadlineMs },
        (error, message) =>
          resolve({
            code: error?.code ?? grpc.status.OK,
            elapsedMs: performance.now() - start,
            metadata: error?.metadata,
            message,
          }),
      );
      if (cancelAfterMs !== undefined) setTimeout(() => call.cancel(), cancelAfterMs);
    });
  }

  close(): void {
    this.#client.close();
  }
}
