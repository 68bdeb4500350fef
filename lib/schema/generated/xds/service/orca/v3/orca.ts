// Made by "grebe types" from xds/service/orca/v3/orca.proto. Do not edit.
import { defineFile, defineService, type ServiceType } from "../../../../../service-type.js";
import type { Duration, DurationInit } from "../../../../google/protobuf/duration.js";
import { file as file2, type OrcaLoadReport, type OrcaLoadReportInit } from "../../../data/orca/v3/orca_load_report.js";

export interface OrcaLoadReportRequest {
  reportInterval?: Duration;
  /** Which costs to report; all if empty. */
  requestCostNames: string[];
}
/** What may be sent as {@link OrcaLoadReportRequest}. */
export interface OrcaLoadReportRequestInit {
  readonly reportInterval?: DurationInit | undefined;
  readonly requestCostNames?: readonly string[] | undefined;
}

/** The descriptor of xds/service/orca/v3/orca.proto. */
export const file = defineFile(
  "Ch54ZHMvc2VydmljZS9vcmNhL3YzL29yY2EucHJvdG8SE3hkcy5zZXJ2aWNlLm9yY2EudjMaHmdvb2dsZS9wcm90b2J1Zi9kdXJhdGlvbi5wcm90bxoneGRzL2RhdGEvb3JjYS92My9vcmNhX2xvYWRfcmVwb3J0LnByb3RvIokBChVPcmNhTG9hZFJlcG9ydFJlcXVlc3QSQgoPcmVwb3J0X2ludGVydmFsGAEgASgLMhkuZ29vZ2xlLnByb3RvYnVmLkR1cmF0aW9uUg5yZXBvcnRJbnRlcnZhbBIsChJyZXF1ZXN0X2Nvc3RfbmFtZXMYAiADKAlSEHJlcXVlc3RDb3N0TmFtZXMydQoOT3BlblJjYVNlcnZpY2USYwoRU3RyZWFtQ29yZU1ldHJpY3MSKi54ZHMuc2VydmljZS5vcmNhLnYzLk9yY2FMb2FkUmVwb3J0UmVxdWVzdBogLnhkcy5kYXRhLm9yY2EudjMuT3JjYUxvYWRSZXBvcnQwAWIGcHJvdG8z",
  [file2],
  {},
);

/** The rpcs of xds.service.orca.v3.OpenRcaService. */
export type OpenRcaServiceMethods = {
  streamCoreMetrics: {
    kind: "serverStreaming";
    request: OrcaLoadReportRequest;
    requestInit: OrcaLoadReportRequestInit;
    response: OrcaLoadReport;
    responseInit: OrcaLoadReportInit;
  };
};

/** Load reports outside of calls, at an interval that the client asks for. */
export const OpenRcaService: ServiceType<OpenRcaServiceMethods> = defineService("xds.service.orca.v3.OpenRcaService", file);
