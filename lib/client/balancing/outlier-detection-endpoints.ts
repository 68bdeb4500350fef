import { type Random, randomInteger } from "../../rpc/index.js";
import type { Subchannel } from "../connection/subchannel.js";
import { addressKey, type Endpoint, endpointKey } from "../naming/endpoint.js";
import type {
  FailurePercentageConfig,
  OutlierDetectionConfig,
  SuccessRateConfig,
} from "./outlier-detection-config.js";
import { OutlierEndpoint } from "./outlier-detection-endpoint.js";
import { EjectableSubchannel } from "./outlier-detection-subchannel.js";

/** How often something was done about an outlier, or not done, and why (A91). */
export interface EjectionCounters {
  /** `grpc.lb.outlier_detection.ejections_enforced`, by method of detection. */
  readonly enforced: { success_rate: number; failure_percentage: number };
  /** `grpc.lb.outlier_detection.ejections_unenforced`, by reason. */
  readonly unenforced: { enforcement_percentage: number; max_ejection_overflow: number };
}

/** All endpoints of the newest list: binds subchannels to them, and ejects those that do much worse than the others. */
export class OutlierEndpoints {
  readonly counters: EjectionCounters = {
    enforced: { success_rate: 0, failure_percentage: 0 },
    unenforced: { enforcement_percentage: 0, max_ejection_overflow: 0 },
  };
  readonly #random: Random;
  #byKey: ReadonlyMap<string, OutlierEndpoint> = new Map();
  #byAddress: ReadonlyMap<string, OutlierEndpoint> = new Map();
  /** Those whose address no endpoint has. */
  readonly #unbound = new Set<EjectableSubchannel>();
  #ejected = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Keys of those that are ejected. */
  get ejected(): readonly string[] {
    return [...this.#byKey].filter(([, { isEjected }]) => isEjected).map(([key]) => key);
  }

  /** Takes a new list. Subchannels of endpoints that are gone stay as they are until {@link adopt}. */
  replace(endpoints: readonly Endpoint[]): void {
    const byKey = new Map<string, OutlierEndpoint>();
    const byAddress = new Map<string, OutlierEndpoint>();
    for (const endpoint of endpoints) {
      const key = endpointKey(endpoint);
      if (endpoint.addresses.length === 0 || byKey.has(key)) continue;
      const entry = this.#byKey.get(key) ?? new OutlierEndpoint();
      byKey.set(key, entry);
      for (const address of endpoint.addresses) {
        const name = addressKey(address);
        // Of endpoints that share an address, the first one answers for it.
        if (!byAddress.has(name)) byAddress.set(name, entry);
      }
    }
    for (const [key, entry] of this.#byKey) {
      if (byKey.has(key)) continue;
      if (entry.isEjected) this.#ejected -= 1;
      for (const subchannel of entry.subchannels) this.#unbound.add(subchannel);
    }
    this.#byKey = byKey;
    this.#byAddress = byAddress;
  }

  /** Binds subchannels that have outlived their endpoints to those that have their addresses now. */
  adopt(): void {
    for (const subchannel of [...this.#unbound]) {
      // What one is told may release another.
      if (!this.#unbound.has(subchannel)) continue;
      const endpoint = this.#byAddress.get(addressKey(subchannel.address));
      if (endpoint !== undefined) this.#unbound.delete(subchannel);
      subchannel.bind(endpoint);
    }
  }

  wrap(inner: Subchannel): EjectableSubchannel {
    const subchannel = new EjectableSubchannel(inner, (released) => this.#unbound.delete(released));
    const endpoint = this.#byAddress.get(addressKey(inner.address));
    if (endpoint === undefined) this.#unbound.add(subchannel);
    subchannel.bind(endpoint);
    return subchannel;
  }

  clearBuckets(): void {
    for (const endpoint of this.#byKey.values()) endpoint.clearBuckets();
  }

  /** Nobody is watched any more. */
  forgive(): void {
    for (const endpoint of this.#byKey.values()) {
      endpoint.multiplier = 0;
      if (endpoint.isEjected) this.#uneject(endpoint);
    }
  }

  /** An interval is over. */
  sweep(config: OutlierDetectionConfig, nowMs: number): void {
    const endpoints = [...this.#byKey.values()];
    for (const endpoint of endpoints) endpoint.swapBuckets();
    if (config.successRateEjection !== undefined) {
      this.#ejectBySuccessRate(endpoints, config.successRateEjection, config.maxEjectionPercent, nowMs);
    }
    if (config.failurePercentageEjection !== undefined) {
      this.#ejectByFailures(endpoints, config.failurePercentageEjection, config.maxEjectionPercent, nowMs);
    }
    for (const endpoint of endpoints) {
      const { ejectedAtMs, multiplier } = endpoint;
      if (ejectedAtMs !== undefined) {
        const lengthMs = Math.min(config.baseEjectionTimeMs * multiplier, config.maxEjectionTimeMs);
        if (nowMs > ejectedAtMs + lengthMs) this.#uneject(endpoint);
      } else if (multiplier > 0) endpoint.multiplier -= 1;
    }
  }

  /** A50: those whose rate of success is too many standard deviations below the mean. */
  #ejectBySuccessRate(
    endpoints: readonly OutlierEndpoint[],
    config: SuccessRateConfig,
    maxEjectionPercent: number,
    nowMs: number,
  ): void {
    const { stdevFactor, minimumHosts, enforcementPercentage } = config;
    const candidates = busy(endpoints, config.requestVolume);
    if (candidates.length < minimumHosts) return;
    const rates = candidates.map(({ calls }) => calls.ok / calls.total);
    const mean = average(rates);
    const stdev = Math.sqrt(average(rates.map((rate) => (rate - mean) ** 2)));
    const least = mean - (stdev * stdevFactor) / 1000;
    candidates.forEach((endpoint, i) => {
      if (rates[i]! >= least) return;
      this.#eject(endpoint, "success_rate", enforcementPercentage, maxEjectionPercent, nowMs);
    });
  }

  /** A50: those of whose calls too many have failed. */
  #ejectByFailures(
    endpoints: readonly OutlierEndpoint[],
    config: FailurePercentageConfig,
    maxEjectionPercent: number,
    nowMs: number,
  ): void {
    const candidates = busy(endpoints, config.requestVolume);
    if (candidates.length < config.minimumHosts) return;
    for (const endpoint of candidates) {
      const { failed, total } = endpoint.calls;
      if ((100 * failed) / total <= config.threshold) continue;
      this.#eject(endpoint, "failure_percentage", config.enforcementPercentage, maxEjectionPercent, nowMs);
    }
  }

  #eject(
    endpoint: OutlierEndpoint,
    method: keyof EjectionCounters["enforced"],
    enforcementPercentage: number,
    maxEjectionPercent: number,
    nowMs: number,
  ): void {
    if (endpoint.isEjected) return;
    const { enforced, unenforced } = this.counters;
    // Asked before: one may always be ejected, also of less than ten at 10 %.
    if ((100 * this.#ejected) / this.#byKey.size >= maxEjectionPercent) {
      unenforced.max_ejection_overflow += 1;
    } else if (randomInteger(this.#random, 100) >= enforcementPercentage) {
      unenforced.enforcement_percentage += 1;
    } else {
      enforced[method] += 1;
      this.#ejected += 1;
      endpoint.eject(nowMs);
    }
  }

  #uneject(endpoint: OutlierEndpoint): void {
    this.#ejected -= 1;
    endpoint.uneject();
  }
}

/** Those with enough calls to judge by. */
function busy(endpoints: readonly OutlierEndpoint[], requestVolume: number): readonly OutlierEndpoint[] {
  return endpoints.filter(({ calls }) => calls.total > 0 && calls.total >= requestVolume);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
