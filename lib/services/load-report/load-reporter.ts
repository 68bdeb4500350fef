import { Inject, Injectable, Optional } from "../../app/index.js";
import { systemClock } from "../../rpc/index.js";
import { encodeLoadReport, type OrcaLoadReportInit } from "../../schema/index.js";
import { LoadMeter } from "./load-meter.js";
import { mergeReports } from "./load-record.js";
import { LOAD_REPORT_OPTIONS, type LoadReportOptions } from "./load-report-options.js";
import { ServerLoad } from "./server-load.js";

/** What is measured, under what the server says of itself, under what a call says of itself. */
@Injectable()
export class LoadReporter {
  readonly meter: LoadMeter;
  readonly #load: ServerLoad;
  /** Most calls end with the report of the one before. */
  #last:
    | { readonly measured: unknown; readonly said: unknown; readonly bytes: Buffer | undefined }
    | undefined;

  constructor(
    @Inject(ServerLoad) load: ServerLoad,
    @Optional() @Inject(LOAD_REPORT_OPTIONS) { clock = systemClock }: LoadReportOptions = {},
  ) {
    this.#load = load;
    this.meter = new LoadMeter(clock);
  }

  /** The report of the server as a whole. */
  get report(): OrcaLoadReportInit {
    return mergeReports(this.meter.report, this.#load.report);
  }

  /** The report that a call ends with; undefined if there is nothing to say. */
  bytesFor(recorded: OrcaLoadReportInit | undefined, measure: boolean): Buffer | undefined {
    const measured = measure ? this.meter.report : nothing;
    const said = this.#load.report;
    if (recorded !== undefined) return toBytes(mergeReports(mergeReports(measured, said), recorded));
    if (this.#last?.measured !== measured || this.#last.said !== said) {
      this.#last = { measured, said, bytes: toBytes(mergeReports(measured, said)) };
    }
    return this.#last.bytes;
  }
}

const nothing: OrcaLoadReportInit = {};

function toBytes(report: OrcaLoadReportInit): Buffer | undefined {
  return Object.keys(report).length === 0 ? undefined : encodeLoadReport(report);
}
