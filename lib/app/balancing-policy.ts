import type { LoadBalancerFactory, LoadBalancingPolicy } from "../client/index.js";
import { type Class, getRecord, recordKey, setRecord } from "./decorator-metadata.js";

/** The full tier as a class has it: its names are in the decorator. */
export type BalancingPolicyMethods = Omit<LoadBalancerFactory, "name" | "aliases">;

/** A class with `@BalancingPolicy`, built with injection, or a policy that is there already. */
export type BalancingPolicyEntry =
  | Class<LoadBalancingPolicy>
  | Class<BalancingPolicyMethods>
  | LoadBalancerFactory;

export interface BalancingPolicyOptions {
  /** Further names that service configs may use. */
  readonly aliases?: readonly string[];
}

/** What `@BalancingPolicy` recorded. */
export interface BalancingPolicyRecord extends BalancingPolicyOptions {
  readonly name: string;
}

const policyKey = recordKey<BalancingPolicyRecord>("balancingPolicy");

/**
 * Marks a class that spreads calls, under the name by which clients and service configs choose it. It is either
 * tier: {@link LoadBalancingPolicy} (`createPicker`), or the methods of {@link LoadBalancerFactory}
 * (`parseConfig`, `createBalancer`). List it under `balancingPolicies` of a module.
 */
export function BalancingPolicy(
  name: string,
  options: BalancingPolicyOptions = {},
): (target: Class<LoadBalancingPolicy> | Class<BalancingPolicyMethods>) => void {
  return (target) => setRecord(policyKey, { name, ...options }, target as Class);
}

export function balancingPolicyRecord(target: Class): BalancingPolicyRecord | undefined {
  return getRecord(policyKey, target);
}
