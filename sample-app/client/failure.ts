import { type ServiceError, status } from "@grpc/grpc-js";
import { formatStatusCode } from "grebe";
import { decodeStatusDetails, type Schema } from "grebe/schema";
import { MessageError } from "./message.js";

/** A failed call for the reader in front of the terminal: code, text, and a line per detail. */
export function formatFailure(error: unknown, address: string, schema: Schema): string {
  if (error instanceof MessageError) return error.message;
  if (!isServiceError(error)) throw error;
  if (error.code === status.UNAVAILABLE && /No connection established/.test(error.details)) {
    return `nobody answers at ${address}: start the app with "npm start", or name another --address\n(${error.details})`;
  }
  const [bytes] = error.metadata?.get("grpc-status-details-bin") ?? [];
  const details = Buffer.isBuffer(bytes) ? decodeStatusDetails(bytes, schema).details : [];
  return [
    `${formatStatusCode(error.code)}: ${error.details}`,
    ...details.map(({ type, value }) => `  ${type} ${JSON.stringify(value)}`),
  ].join("\n");
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && typeof (error as Partial<ServiceError>).code === "number";
}
