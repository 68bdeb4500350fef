/** Runs the programs of the policies one after the other. */
import { formatReason, ProgramProcess } from "../program-process.js";
import { type Spread, toSpread } from "../statistics.js";
import type { UpdateCost } from "./costs.js";
import type { PolicyAnswer, PolicyOrder } from "./program.js";
import { policySetups } from "./setups.js";

export const pickSizes: readonly number[] = [10, 1_000, 10_000];
export const updateSize = 10_000;

const pickBlockMs = 20;
const patienceMs = 120_000;

export interface PickRow {
  readonly policy: string;
  readonly failure?: string;
  /** Nanoseconds per pick, for each of {@link pickSizes}. */
  readonly nanos?: readonly Spread[];
  /** Why it costs more with more endpoints. */
  readonly remark?: string;
}

export interface UpdateFigures {
  readonly micros: Spread;
  /** Per update. */
  readonly made: number;
  readonly dropped: number;
}

export interface UpdateRow {
  readonly policy: string;
  readonly failure?: string;
  readonly same?: UpdateFigures;
  readonly oneChanged?: UpdateFigures;
}

export async function measureAllPicks(
  blocks: number,
  onProgress: (text: string) => void,
): Promise<readonly PickRow[]> {
  const rows: PickRow[] = [];
  for (const { name: policy, remark } of policySetups) {
    onProgress(`picks of ${policy}`);
    const order = { measure: "picks", sizes: pickSizes, blocks, blockMs: pickBlockMs } as const;
    const { picks, failure } = await ask(policy, order);
    rows.push({
      policy,
      ...(remark !== undefined && { remark }),
      ...(failure !== undefined && { failure }),
      ...(picks && { nanos: picks.map(({ nanos }) => toSpread(nanos)) }),
    });
  }
  return rows;
}

export async function measureAllUpdates(
  updates: number,
  onProgress: (text: string) => void,
): Promise<readonly UpdateRow[]> {
  const rows: UpdateRow[] = [];
  for (const { name: policy } of policySetups) {
    onProgress(`updates of ${policy}`);
    const { updates: costs, failure } = await ask(policy, { measure: "updates", size: updateSize, updates });
    rows.push({
      policy,
      ...(failure !== undefined && { failure }),
      ...(costs && { same: toFigures(costs.same), oneChanged: toFigures(costs.oneChanged) }),
    });
  }
  return rows;
}

function toFigures({ micros, made, dropped }: UpdateCost): UpdateFigures {
  return { micros: toSpread(micros), made: made / micros.length, dropped: dropped / micros.length };
}

async function ask(policy: string, order: PolicyOrder): Promise<PolicyAnswer> {
  let program: ProgramProcess | undefined;
  try {
    program = await ProgramProcess.start(new URL("./program.js", import.meta.url), [policy]);
    return await program.ask<PolicyAnswer>(order, patienceMs);
  } catch (error) {
    return { failure: formatReason(error) };
  } finally {
    program?.stop();
  }
}
