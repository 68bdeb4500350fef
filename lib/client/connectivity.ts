/** https://grpc.github.io/grpc/core/md_doc_connectivity-semantics-and-api.html */
export type ConnectivityState = "IDLE" | "CONNECTING" | "READY" | "TRANSIENT_FAILURE" | "SHUTDOWN";

const byPrecedence: readonly ConnectivityState[] = ["READY", "CONNECTING", "IDLE"];

/** The state of a whole from those of its parts: READY > CONNECTING > IDLE > TRANSIENT_FAILURE. */
export function aggregateStates(states: Iterable<ConnectivityState>): ConnectivityState {
  const present = new Set(states);
  return byPrecedence.find((state) => present.has(state)) ?? "TRANSIENT_FAILURE";
}
