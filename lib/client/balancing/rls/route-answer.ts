import type { RouteLookupResponse } from "../../../schema/index.js";
import { formatKeys, type KeyMap } from "./key-plan.js";

/** What a lookup server has said of a key. */
export interface RouteAnswer {
  /** At least one, each of them once. */
  readonly targets: readonly string[];
  readonly headerData: string;
}

/** No answer is worth more children than this, whoever gives it. */
const MAX_TARGETS = 100;
/** A request whose headers are longer than its server takes costs all requests beside it their connection. */
const MAX_HEADER_DATA_BYTES = 8192;

/** A text says why an answer is as bad as none. */
export function readAnswer({ targets, headerData }: RouteLookupResponse, keys: KeyMap): RouteAnswer | string {
  const names = [...new Set(targets)].filter((name) => name !== "").slice(0, MAX_TARGETS);
  if (names.length === 0) {
    return `RLS response's target list does not contain any entries for key ${formatKeys(keys)}`;
  }
  // Spaces at its ends would not arrive.
  if (!/^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/.test(headerData)) {
    return "RLS response's header_data is no text that a header can have";
  }
  if (headerData.length > MAX_HEADER_DATA_BYTES) {
    return `RLS response's header_data is longer than ${MAX_HEADER_DATA_BYTES} bytes`;
  }
  return { targets: names, headerData };
}
