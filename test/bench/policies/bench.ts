/** Runs the programs of the policies: for picks they take turns, for updates one comes after the other. */
import { formatReason, ProgramProcess } from "../program-process.js";
import { type Spread, toSpread } from "../statistics.js";
import type { UpdateCost } from "./costs.js";
import type { PolicyAnswer, PolicyOrder } from "./program.js";
import { policySetups } from "./setups.js";

export const pickSizes: readonly number[] = [10, 1_000, 10_000];
export const updateSize = 10_000;
/** What picks of all others are compared with. */
export const pickReference = "round_robin";

const pickBlockMs = 20;
const warmupRounds = 5;
const patienceMs = 120_000;

export interface PickRow {
  readonly policy: string;
  readonly failure?: string;
  /** Nanoseconds per pick, for each of {@link pickSizes}. */
  readonly nanos?: readonly Spread[];
  /** Against the reference with as many endpoints, round by round. */
  readonly ratios?: readonly Spread[];
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

/** One policy's program, and what it has measured so far. */
class Candidate {
  readonly policy: string;
  failure: string | undefined;
  /** For each of {@link pickSizes}, round by round. */
  readonly nanos: readonly number[][] = pickSizes.map(() => []);
  #program: ProgramProcess | undefined;

  constructor(policy: string) {
    this.policy = policy;
  }

  async start(): Promise<void> {
    await this.#try(async () => {
      this.#program = await startProgram(this.policy);
      await askProgram(this.#program, { measure: "nothing", sizes: pickSizes });
    });
  }

  async measure(): Promise<readonly number[]> {
    let nanos: readonly number[] = [];
    await this.#try(async () => {
      nanos = (await askProgram(this.#program!, { measure: "picks", blockMs: pickBlockMs })).nanos!;
    });
    return nanos;
  }

  async #try(work: () => Promise<void>): Promise<void> {
    if (this.failure !== undefined) return;
    try {
      await work();
    } catch (error) {
      this.failure = formatReason(error);
    }
  }

  stop(): void {
    this.#program?.stop();
  }
}

/** Policies take turns, and so do their sizes: what disturbs the machine disturbs all of them. */
export async function measureAllPicks(
  rounds: number,
  onProgress: (text: string) => void,
): Promise<readonly PickRow[]> {
  const candidates = policySetups.map(({ name }) => new Candidate(name));
  try {
    for (const candidate of candidates) {
      onProgress(`picks: ${candidate.policy} connects`);
      await candidate.start();
    }
    for (let round = -warmupRounds; round < rounds; round++) {
      onProgress(round < 0 ? "picks: warming up" : `picks: round ${round + 1} of ${rounds}`);
      for (const candidate of candidates) {
        for (const [size, nanos] of (await candidate.measure()).entries()) {
          if (round >= 0) candidate.nanos[size]!.push(nanos);
        }
      }
    }
  } finally {
    for (const candidate of candidates) candidate.stop();
  }
  const reference = candidates.find(({ policy }) => policy === pickReference)!;
  return candidates.map((candidate) => toPickRow(candidate, reference));
}

function toPickRow({ policy, failure, nanos }: Candidate, reference: Candidate): PickRow {
  const { remark } = policySetups.find(({ name }) => name === policy)!;
  if (failure !== undefined) return { policy, failure };
  const compare = (values: readonly number[], size: number): Spread =>
    toSpread(values.map((value, round) => value / reference.nanos[size]![round]!));
  return {
    policy,
    ...(remark !== undefined && { remark }),
    nanos: nanos.map(toSpread),
    ...(reference.failure === undefined && { ratios: nanos.map(compare) }),
  };
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
    program = await startProgram(policy);
    return await askProgram(program, order);
  } catch (error) {
    return { failure: formatReason(error) };
  } finally {
    program?.stop();
  }
}

function startProgram(policy: string): Promise<ProgramProcess> {
  return ProgramProcess.start(new URL("./program.js", import.meta.url), [policy]);
}

/** Rejects with what the program says has failed. */
async function askProgram(program: ProgramProcess, order: PolicyOrder): Promise<PolicyAnswer> {
  const answer = await program.ask<PolicyAnswer>(order, patienceMs);
  if (answer.failure !== undefined) throw new Error(answer.failure);
  return answer;
}
