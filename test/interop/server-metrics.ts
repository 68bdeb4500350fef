import { Injectable } from "../../lib/index.js";
import type { OrcaLoadReportInit } from "./generated/xds/data/orca/v3/orca_load_report.js";

/** What the server reports of itself out of band. One call at a time may set it. */
@Injectable()
export class ServerMetrics {
  report: OrcaLoadReportInit = {};
  #last: Promise<void> = Promise.resolve();

  /** Waits until no other call holds the metrics. Gives the function that lets go of them; rejects on abort. */
  async lock(signal: AbortSignal): Promise<() => void> {
    let release!: () => void;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const turn = this.#last;
    this.#last = turn.then(() => released);
    await Promise.race([turn, untilAborted(signal)]);
    if (signal.aborted) {
      release();
      throw signal.reason;
    }
    return release;
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
