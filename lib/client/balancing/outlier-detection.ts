/**
 * `outlier_detection` (A50, A61): stands above another policy, counts how calls to each endpoint end, and takes those
 * that do much worse than the others out of the rotation for a while: it makes them look unhealthy.
 */
import { MAX_TIMER_MS, type StatusError } from "../../rpc/index.js";
import type { ConnectivityState } from "../connectivity.js";
import { GracefulSwitch } from "./graceful-switch.js";
import {
  isNoop,
  type OutlierDetectionConfig,
  parseOutlierDetectionConfig,
} from "./outlier-detection-config.js";
import { OutlierEndpoints } from "./outlier-detection-endpoints.js";
import { EjectableSubchannel } from "./outlier-detection-subchannel.js";
import type { PickArgs, Picker, PickResult } from "./picker.js";
import {
  type BalancerUpdate,
  type ChannelControlHelper,
  childHelper,
  type LoadBalancer,
  type LoadBalancerFactory,
  type PolicyDescription,
} from "./policy.js";

export const outlierDetectionPolicy: LoadBalancerFactory<OutlierDetectionConfig> = {
  name: "outlier_detection_experimental",
  aliases: ["outlier_detection"],
  parseConfig: parseOutlierDetectionConfig,
  createBalancer: (helper) => new OutlierDetection(helper),
};

class OutlierDetection implements LoadBalancer<OutlierDetectionConfig> {
  readonly #helper: ChannelControlHelper;
  readonly #switch: GracefulSwitch;
  readonly #endpoints: OutlierEndpoints;
  #config: OutlierDetectionConfig | undefined;
  /** What the child published last. */
  #child: { readonly state: ConnectivityState; readonly picker: Picker } | undefined;
  /** Above 0 while something happens whose publications count as one. */
  #held = 0;
  #changed = false;
  #timer: unknown;
  /** When the interval began; undefined while nobody is watched. */
  #intervalStartMs: number | undefined;
  #closed = false;

  constructor(helper: ChannelControlHelper) {
    this.#helper = helper;
    this.#endpoints = new OutlierEndpoints(helper.context.random);
    this.#switch = new GracefulSwitch(
      childHelper(helper, {
        createSubchannel: (address) => this.#endpoints.wrap(helper.createSubchannel(address)),
        updateState: (state, picker) => {
          this.#child = { state, picker };
          this.#changed = true;
          this.#publish();
        },
      }),
    );
  }

  update({ endpoints, config, attributes }: BalancerUpdate<OutlierDetectionConfig>): boolean {
    const counted = this.#counts;
    this.#config = config;
    let accepted = true;
    this.#hold(() => {
      this.#endpoints.replace(endpoints);
      this.#adaptInterval(config);
      accepted = this.#switch.update(config.childPolicy, { endpoints, attributes });
      this.#endpoints.adopt();
      if (counted !== this.#counts) this.#changed = true;
    });
    return accepted;
  }

  get #counts(): boolean {
    return this.#config !== undefined && !isNoop(this.#config);
  }

  #adaptInterval(config: OutlierDetectionConfig): void {
    this.#stopTimer();
    if (isNoop(config)) {
      this.#intervalStartMs = undefined;
      this.#endpoints.forgive();
      return;
    }
    const nowMs = this.#helper.context.clock.now();
    if (this.#intervalStartMs === undefined) {
      this.#intervalStartMs = nowMs;
      this.#endpoints.clearBuckets();
    }
    // What has passed of the interval counts, also if its length has changed.
    this.#startTimer(Math.max(0, config.intervalMs - (nowMs - this.#intervalStartMs)));
  }

  #startTimer(delayMs: number): void {
    const { clock } = this.#helper.context;
    this.#timer = clock.setTimeout(() => this.#onInterval(), Math.min(delayMs, MAX_TIMER_MS));
  }

  #stopTimer(): void {
    if (this.#timer === undefined) return;
    this.#helper.context.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #onInterval(): void {
    const config = this.#config!;
    const nowMs = this.#helper.context.clock.now();
    this.#intervalStartMs = nowMs;
    // An interval of 0 is allowed; it must not keep the process busy.
    this.#startTimer(Math.max(1, config.intervalMs));
    this.#hold(() => this.#endpoints.sweep(config, nowMs));
  }

  #hold(work: () => void): void {
    this.#held += 1;
    try {
      work();
    } finally {
      this.#held -= 1;
    }
    this.#publish();
  }

  #publish(): void {
    if (this.#held > 0 || !this.#changed || this.#closed || this.#child === undefined) return;
    this.#changed = false;
    const { state, picker } = this.#child;
    this.#helper.updateState(state, new OutlierDetectionPicker(picker, this.#counts));
  }

  resolverError(error: StatusError): void {
    this.#switch.resolverError(error);
  }

  exitIdle(): void {
    this.#switch.exitIdle();
  }

  resetBackoff(): void {
    this.#switch.resetBackoff();
  }

  close(): void {
    this.#closed = true;
    this.#stopTimer();
    this.#switch.close();
  }

  describe(): PolicyDescription {
    return {
      policy: outlierDetectionPolicy.name,
      state: this.#child?.state ?? this.#switch.state,
      children: [{ ...this.#switch.describe(), name: "child" }],
      detail: { ejected: this.#endpoints.ejected, ejections: this.#endpoints.counters },
    };
  }
}

/** Asks the child's picker, and has what it picks counted at its end. */
class OutlierDetectionPicker implements Picker {
  readonly #inner: Picker;
  readonly #counts: boolean;

  constructor(inner: Picker, counts: boolean) {
    this.#inner = inner;
    this.#counts = counts;
  }

  pick(args: PickArgs): PickResult {
    const result = this.#inner.pick(args);
    if (result.kind !== "complete" || !(result.subchannel instanceof EjectableSubchannel)) return result;
    return result.subchannel.toOuter(result, this.#counts);
  }
}
