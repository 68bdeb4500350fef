/** What is measured of clients. The server is the same for all: `servers/raw-http2.ts`, which sends ready-made bytes. */
import type { Measured } from "./measurement.js";
import { messagesPerCall } from "./payloads.js";

export interface ClientScenario extends Measured {
  readonly name: "client-unary" | "client-collect" | "client-stream64";
  /** Calls under way at once, over one connection. */
  readonly inFlight: number;
}

export const clientScenarios: readonly ClientScenario[] = [
  {
    name: "client-unary",
    title: "Calling: unary",
    side: "client",
    unit: "call",
    unitsPerCall: 1,
    inFlight: 32,
  },
  {
    name: "client-collect",
    title: "Calling: client streaming, messages of 64 bytes",
    side: "client",
    unit: "message",
    unitsPerCall: messagesPerCall,
    inFlight: 4,
  },
  {
    name: "client-stream64",
    title: "Calling: server streaming, messages of 64 bytes",
    side: "client",
    unit: "message",
    unitsPerCall: messagesPerCall,
    inFlight: 4,
  },
];
