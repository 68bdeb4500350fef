/** Measures one policy, so that no other has taught the compiler anything. Its name is the argument. */
import { measureUpdates, PickMeter, type UpdateCosts } from "./costs.js";
import { policySetups } from "./setups.js";

export type PolicyOrder =
  /** Crowds of these sizes come together, for blocks of picks. */
  | { readonly measure: "nothing"; readonly sizes: readonly number[] }
  | { readonly measure: "picks"; readonly blockMs: number }
  | { readonly measure: "updates"; readonly size: number; readonly updates: number };

export interface PolicyAnswer {
  /** Nanoseconds per pick, for each size. */
  readonly nanos?: readonly number[];
  readonly updates?: UpdateCosts;
  readonly failure?: string;
}

const setup = policySetups.find(({ name }) => name === process.argv[2])!;
let meter: PickMeter | undefined;

async function obey(order: PolicyOrder): Promise<PolicyAnswer> {
  if (order.measure === "updates") return { updates: await measureUpdates(setup, order.size, order.updates) };
  if (order.measure === "picks") return { nanos: meter!.measure(order.blockMs) };
  meter = await PickMeter.gather(setup, order.sizes);
  return {};
}

process.on("message", (order: PolicyOrder) => {
  obey(order).then(
    (answer) => process.send?.(answer),
    (error: Error) => process.send?.({ failure: error.message } satisfies PolicyAnswer),
  );
});
process.on("disconnect", () => process.exit());
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
