import type { BalancedServices } from "../../lib/services/index.js";

/** What a process of a scenario is told. */
export const SERVICE = "svc/probe";

export interface BackendSettings {
  readonly registry: { readonly folder: string } | { readonly etcd: string };
  readonly ttlS: number;
  /** 0 takes any free one. */
  readonly port: number;
  /** How long a call takes. */
  readonly serviceMs: number;
}

/** A lookup server, or a balancer. */
export type ControlPlaneSettings = { readonly port: number } & (
  | { readonly routes: string }
  | { readonly services: BalancedServices; readonly reportIntervalMs: number }
);
