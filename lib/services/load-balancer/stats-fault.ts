import type { ClientStats } from "../../schema/index.js";
import { MAX_TOKEN_BYTES } from "./server-entries.js";

/** More calls than any client makes between two reports, and few enough for sums to stay exact for ever. */
const MAX_COUNT = 2 ** 32 - 1;

/** Undefined for a report that can be counted; numbers that only grow must not be led astray. */
export function statsFault(stats: ClientStats): string | undefined {
  const { numCallsStarted, numCallsFinished, numCallsFinishedWithClientFailedToSend } = stats;
  const { numCallsFinishedKnownReceived, callsFinishedWithDrop } = stats;
  const drops = callsFinishedWithDrop.map(({ numCalls }) => Number(numCalls));
  const counts = [
    ...[numCallsStarted, numCallsFinished, numCallsFinishedWithClientFailedToSend].map(Number),
    Number(numCallsFinishedKnownReceived),
    drops.reduce((sum, count) => sum + count, 0),
  ];
  if (drops.some(isNegative) || counts.some(isNegative)) return "a negative count";
  if (counts.some((count) => count > MAX_COUNT)) return `a count above ${MAX_COUNT}`;
  const isLong = ({ loadBalanceToken }: { readonly loadBalanceToken: string }) =>
    Buffer.byteLength(loadBalanceToken) > MAX_TOKEN_BYTES;
  if (callsFinishedWithDrop.some(isLong)) return `a token longer than ${MAX_TOKEN_BYTES} bytes`;
  return undefined;
}

function isNegative(count: number): boolean {
  return count < 0;
}
