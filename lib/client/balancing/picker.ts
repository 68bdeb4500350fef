/**
 * Which connection takes a call. A {@link Picker} is an immutable snapshot that its policy publishes; it is asked once
 * per attempt, on the hot path: it must neither throw nor wait, and should hand out results that were made beforehand.
 */
import type { Metadata, StatusCode, StatusError } from "../../rpc/index.js";
import type { Subchannel } from "../connection/subchannel.js";

/** What a pick may depend on. */
export interface PickArgs {
  /** `/package.Service/Method`. */
  readonly path: string;
  /** Headers of the request; for reading only. */
  readonly metadata: Metadata;
  /** Set by whoever routes calls by hash (`ring_hash` without a header). */
  readonly requestHash?: bigint | undefined;
}

/** How the attempt went that a pick was made for. */
export interface AttemptOutcome {
  /** False if it never reached the connection: the connection was lost between pick and start. */
  readonly started: boolean;
  readonly code: StatusCode;
  /** Trailers, if the server sent some; a load report is in them. */
  readonly trailers: Metadata | undefined;
  /** Whether anything came back from the server. */
  readonly answered: boolean;
}

export interface CompletePick {
  readonly kind: "complete";
  readonly subchannel: Subchannel;
  /** Headers for this attempt only. Lower-case names; `-bin` ones have a Buffer. */
  readonly headers?: Readonly<Record<string, string | Buffer>>;
  /** `:authority` for this attempt only. */
  readonly authority?: string;
  /** Called exactly once for each time this was picked, also if the attempt never started. Must not throw. */
  readonly onEnd?: (outcome: AttemptOutcome) => void;
}

export type PickResult =
  | CompletePick
  /** Waits for the next picker. */
  | { readonly kind: "queue" }
  /** Fails the attempt, unless it waits for ready. */
  | { readonly kind: "fail"; readonly status: StatusError }
  /** Fails the call for good: it is neither queued nor retried. */
  | { readonly kind: "drop"; readonly status: StatusError };

export interface Picker {
  pick(args: PickArgs): PickResult;
}

const queued: PickResult = { kind: "queue" };

/** Lets all calls wait. */
export const queuePicker: Picker = { pick: () => queued };

/** Tells once that there are calls, which wait unless another picker has something for them. */
export function idlePicker(exitIdle: () => void, picker: Picker = queuePicker): Picker {
  let told = false;
  return {
    pick: (args) => {
      if (!told) {
        told = true;
        // Not from within the pick: whoever picks may be in the middle of a list of waiting calls.
        queueMicrotask(exitIdle);
      }
      return picker.pick(args);
    },
  };
}

/** Fails all calls that do not wait for ready. */
export function failPicker(status: StatusError): Picker {
  const result: PickResult = { kind: "fail", status };
  return { pick: () => result };
}

/** Sends all calls to one connection. A class, so that whoever asks thousands of them need not guess what they do. */
export class SubchannelPicker implements Picker {
  /** What every pick gives. */
  readonly result: CompletePick;

  constructor(subchannel: Subchannel) {
    this.result = { kind: "complete", subchannel };
  }

  pick(): PickResult {
    return this.result;
  }
}

/** Sends all calls to one connection. */
export function subchannelPicker(subchannel: Subchannel): Picker {
  return new SubchannelPicker(subchannel);
}
