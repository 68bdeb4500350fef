import type { Metadata } from "../../rpc/index.js";

/** What a server wishes (A6, "Pushback"): a wait in milliseconds, no further attempts, or nothing. */
export type Pushback = number | "stop" | undefined;

const PUSHBACK_KEY = "grpc-retry-pushback-ms";
const MAX_INT32 = 2 ** 31 - 1;

/** Reads the wish from trailers. One that cannot be read, or is there twice, is good for "stop". */
export function readPushback(trailers: Metadata): Pushback {
  const values = trailers.get(PUSHBACK_KEY);
  if (values.length === 0) return undefined;
  const [text] = values;
  if (values.length > 1 || typeof text !== "string" || !/^\d{1,10}$/.test(text)) return "stop";
  const ms = Number(text);
  return ms <= MAX_INT32 ? ms : "stop";
}
