/** What a probe is, and the words that all of them use. */
import { status } from "@grpc/grpc-js";
import type { Outcome, ProbeClient } from "./client.js";
import type { ObservedServer } from "./observed-server.js";

export interface Contender {
  /** Of its program in `servers/`. */
  readonly name: string;
  readonly label: string;
}

export interface Target {
  readonly contender: Contender;
  readonly server: ObservedServer;
  readonly client: ProbeClient;
}

/** What came of a probe, in a few words; beside them the figures that they stand for. */
export interface Found {
  readonly text: string;
  readonly figures?: Readonly<Record<string, unknown>>;
}

/** Makes a call, looks what comes of it and fills one or more rows. */
export interface Probe {
  readonly rows: readonly string[];
  /** Contenders that have nothing of the kind. */
  readonly without?: readonly string[];
  readonly run: (target: Target) => Promise<readonly Found[]>;
}

export function formatCode({ code }: Outcome): string {
  return status[code] ?? String(code);
}

/** A few milliseconds more or less are the machine's affair. */
export function formatElapsed(ms: number): string {
  const bound = [10, 50].find((limit) => ms < limit);
  return bound === undefined ? `after ${formatCount(ms)} ms` : `within ${bound} ms`;
}

export function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en");
}

export function formatMegabytes(bytes: number): string {
  return `${formatCount(Math.max(0, bytes) / 1e6)} MB`;
}
