// Made by "grebe types" from grebe/inspect/v1/inspect.proto. Do not edit.
import { defineFile, defineService, type ServiceType } from "../../../../service-type.js";

export type GetRequest = object;
/** What may be sent as {@link GetRequest}. */
export type GetRequestInit = object;

export interface GetResponse {
  /** A JSON object: { "routes": […], "listeners": […], "channels": […] }. Fields may be added at any time. */
  json: string;
}
/** What may be sent as {@link GetResponse}. */
export interface GetResponseInit {
  readonly json?: string | undefined;
}

/** The descriptor of grebe/inspect/v1/inspect.proto. */
export const file = defineFile(
  "Ch5ncmViZS9pbnNwZWN0L3YxL2luc3BlY3QucHJvdG8SEGdyZWJlLmluc3BlY3QudjEiDAoKR2V0UmVxdWVzdCIhCgtHZXRSZXNwb25zZRISCgRqc29uGAEgASgJUgRqc29uMlIKB0luc3BlY3QSRwoDR2V0EhwuZ3JlYmUuaW5zcGVjdC52MS5HZXRSZXF1ZXN0Gh0uZ3JlYmUuaW5zcGVjdC52MS5HZXRSZXNwb25zZSIDkAIBYgZwcm90bzM=",
  [],
  {},
);

/** The rpcs of grebe.inspect.v1.Inspect. */
export type InspectMethods = {
  /** What the application serves, where it listens, and the state of each of its channels. */
  get: {
    kind: "unary";
    request: GetRequest;
    requestInit: GetRequestInit;
    response: GetResponse;
    responseInit: GetResponseInit;
  };
};

export const Inspect: ServiceType<InspectMethods> = defineService("grebe.inspect.v1.Inspect", file);
