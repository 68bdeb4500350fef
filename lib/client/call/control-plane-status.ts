import { formatStatusCode, StatusCode, StatusError } from "../../rpc/index.js";

/** Codes that only a server's own code may give (A54). */
const reserved: readonly StatusCode[] = [
  StatusCode.OK,
  StatusCode.INVALID_ARGUMENT,
  StatusCode.NOT_FOUND,
  StatusCode.ALREADY_EXISTS,
  StatusCode.FAILED_PRECONDITION,
  StatusCode.ABORTED,
  StatusCode.OUT_OF_RANGE,
  StatusCode.DATA_LOSS,
];

/** A54: what a resolver or a policy fails with must not look as if the server had said it. */
export function restrictControlPlaneStatus(status: StatusError): StatusError {
  if (!reserved.includes(status.code)) return status;
  return StatusError.internal(
    `the control plane gave ${formatStatusCode(status.code)}, which is a server's to give: ${status.text}`,
    { cause: status },
  );
}
