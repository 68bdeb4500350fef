import type { MethodDescriptor } from "grebe";
import { MessageError, parseMessage } from "./message.js";
import { readLines } from "./standard-streams.js";

export function takesStream({ kind }: MethodDescriptor): boolean {
  return kind === "clientStreaming" || kind === "bidiStreaming";
}

/** The encoded messages that the arguments give; those of the input, for a stream without arguments. */
export function toRequests(
  json: readonly string[],
  method: MethodDescriptor,
): Iterable<Buffer> | AsyncIterable<Buffer> {
  // All of them before the call begins: a slip in the last one shall not cost the others.
  if (json.length > 0 || !takesStream(method)) return json.map((text) => toRequest(text, method));
  if (process.stdin.isTTY) console.error("one message per line, as JSON; ctrl-D ends the stream");
  return readRequests(method);
}

async function* readRequests(method: MethodDescriptor): AsyncGenerator<Buffer, void> {
  let number = 0;
  for await (const line of readLines()) {
    number += 1;
    if (line.trim() !== "") yield toRequest(line, method, `line ${number}: `);
  }
}

/** Throws a {@link MessageError}. */
function toRequest(json: string, { request }: MethodDescriptor, where = ""): Buffer {
  try {
    return request.encode(parseMessage(json, request.message));
  } catch (error) {
    // The codec's TypeError says which field has a value of the wrong type.
    if (error instanceof MessageError || error instanceof TypeError)
      throw new MessageError(where + error.message);
    throw error;
  }
}
