/** Measures one policy, so that no other has taught the compiler anything. Its name is the argument. */
import { measurePicks, measureUpdates, type PickCost, type UpdateCosts } from "./costs.js";
import { policySetups } from "./setups.js";

export type PolicyOrder =
  | {
      readonly measure: "picks";
      readonly sizes: readonly number[];
      readonly blocks: number;
      readonly blockMs: number;
    }
  | { readonly measure: "updates"; readonly size: number; readonly updates: number };

export interface PolicyAnswer {
  readonly picks?: readonly PickCost[];
  readonly updates?: UpdateCosts;
  readonly failure?: string;
}

const setup = policySetups.find(({ name }) => name === process.argv[2])!;

async function obey(order: PolicyOrder): Promise<PolicyAnswer> {
  if (order.measure === "updates") return { updates: await measureUpdates(setup, order.size, order.updates) };
  return { picks: await measurePicks(setup, order.sizes, order.blocks, order.blockMs) };
}

process.on("message", (order: PolicyOrder) => {
  obey(order).then(
    (answer) => process.send?.(answer),
    (error: Error) => process.send?.({ failure: error.message } satisfies PolicyAnswer),
  );
});
process.on("disconnect", () => process.exit());
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
