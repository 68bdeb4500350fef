/** The messages of `grpc.testing` that the service reads and writes, as the schema's defaults give them. */

export interface Payload {
  type: string | number;
  body: Buffer;
}

export interface EchoStatus {
  code: number;
  message: string;
}

export interface TestOrcaReport {
  cpuUtilization: number;
  memoryUtilization: number;
  requestCost: Record<string, number>;
  utilization: Record<string, number>;
}

export interface StreamingInputCallRequest {
  payload?: Payload;
}
