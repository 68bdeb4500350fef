/** Runs the probes against a contender, one finding per row. A probe that fails says so in its row. */
import { setTimeout as sleep } from "node:timers/promises";
import { formatReason } from "../program-process.js";
import { answerProbes } from "./answers.js";
import { ProbeClient } from "./client.js";
import { ObservedServer } from "./observed-server.js";
import { pressureProbes } from "./pressure.js";
import type { Contender, Found, Probe, Target } from "./probe.js";
import { encode } from "./wire.js";

export type { Contender };

export interface Finding extends Found {
  readonly row: string;
}

/** Probes of a group run side by side, against a server that has just started. */
const groups: readonly (readonly Probe[])[] = [answerProbes, ...pressureProbes.map((probe) => [probe])];
/** Between the beginnings of two probes of a group. */
const staggerMs = 50;

/** All rows, in the order of the table. */
export const rows: readonly string[] = groups.flat().flatMap((probe) => probe.rows);

export async function runProbes(
  contender: Contender,
  onProgress: (text: string) => void,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const group of groups) {
    onProgress(`${contender.label}: ${group[0]?.rows[0]}`);
    findings.push(...(await runGroup(contender, group)));
  }
  return findings;
}

async function runGroup(contender: Contender, group: readonly Probe[]): Promise<readonly Finding[]> {
  let server: ObservedServer | undefined;
  let client: ProbeClient | undefined;
  try {
    server = await ObservedServer.start(contender.name);
    client = new ProbeClient(server.port);
    // A first call that no figure is taken from: neither side is cold in those that follow.
    await client.call("Probe/Find", encode("Ask", {}));
    const target = { contender, server, client };
    return (await Promise.all(group.map((probe, index) => run(probe, target, index * staggerMs)))).flat();
  } catch (error) {
    return group.flatMap((probe) => toFailure(probe, error));
  } finally {
    client?.close();
    server?.stop();
  }
}

async function run(probe: Probe, target: Target, delayMs: number): Promise<readonly Finding[]> {
  if (probe.without?.includes(target.contender.name)) return probe.rows.map((row) => ({ row, text: "–" }));
  try {
    await sleep(delayMs);
    const found = await probe.run(target);
    return probe.rows.map((row, index) => ({ row, ...found[index]! }));
  } catch (error) {
    return toFailure(probe, error);
  }
}

function toFailure(probe: Probe, error: unknown): readonly Finding[] {
  return probe.rows.map((row) => ({ row, text: `failed: ${formatReason(error)}` }));
}
