import { type MethodDescriptor, StatusCode, StatusError } from "../../rpc/index.js";
import { ACCEPTED_ENCODINGS, frameMessage, MessageReader } from "../call/framing.js";
import type { Connection, ConnectionStream } from "./connection.js";
import type { StreamObserver } from "./subchannel.js";

/** One request, many responses, on one connection, without retries: what policies watch their backends by. */
export function openStream<Request, Response>(
  connection: Connection | undefined,
  authority: string,
  method: MethodDescriptor<Request, Response>,
  request: Request,
  observer: StreamObserver<Response>,
): () => void {
  let open = true;
  const end = (status: StatusError | undefined): void => {
    if (!open) return;
    open = false;
    observer.end(status);
  };
  const fail = (error: unknown): void => {
    const text = error instanceof Error ? error.message : String(error);
    queueMicrotask(() => end(StatusError.unavailable(text, { path: method.path, cause: error })));
  };
  if (connection === undefined) {
    fail("there is no connection");
    return () => {
      open = false;
    };
  }
  const reader = new MessageReader();
  let stream: ConnectionStream;
  try {
    stream = connection.open(
      method.path,
      authority,
      { "grpc-accept-encoding": ACCEPTED_ENCODINGS },
      {
        onReceiveMetadata: (metadata) => reader.readHeaders(metadata),
        onReceiveMessage: (frame) => {
          if (!open) return;
          try {
            observer.next(method.response.decode(reader.read(frame, -1)));
          } catch (error) {
            stream.cancel(StatusCode.INTERNAL, `the response cannot be read: ${String(error)}`);
            return;
          }
          if (open) stream.startRead();
        },
        onReceiveStatus: ({ code, details }) =>
          end(
            code === StatusCode.OK
              ? undefined
              : new StatusError(code, details, { path: method.path, peer: connection.peer }),
          ),
      },
    );
  } catch (error) {
    fail(error);
    return () => {
      open = false;
    };
  }
  stream.send(frameMessage(method.request.encode(request)), () => undefined);
  stream.halfClose();
  stream.startRead();
  return () => {
    if (!open) return;
    open = false;
    stream.cancel(StatusCode.CANCELLED, "the watch was stopped");
  };
}
