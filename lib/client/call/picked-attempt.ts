import { constants, type OutgoingHttpHeaders } from "node:http2";
import { type Clock, type Logger, Metadata, StatusCode, type StatusError } from "../../rpc/index.js";
import type { AttemptOutcome, CompletePick, PickArgs, PickResult } from "../balancing/picker.js";
import type { AttemptListener, ConnectionStream, WireStatus } from "../connection/connection.js";
import type { Attempt, AttemptEvents, AttemptProgress } from "./attempt.js";
import { type CallCredentials, callMetadata } from "./call-credentials.js";
import { restrictControlPlaneStatus } from "./control-plane-status.js";
import { addHeaders, addPickHeaders, findForbiddenHeader } from "./header-rules.js";
import type { PickQueue, Waiting } from "./pick-queue.js";
import { type CallRequest, requestHeaders } from "./request-headers.js";

/** What the attempts of one channel share. */
export interface AttemptHost {
  readonly picks: PickQueue;
  readonly authority: string;
  readonly callCredentials?: CallCredentials | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

const noMetadata = new Metadata();

/** One attempt: waits for a pick that is complete, and opens a stream on the connection that was picked. */
export class PickedAttempt implements Attempt, PickArgs, Waiting, AttemptListener {
  peer: string | undefined;
  readonly #host: AttemptHost;
  readonly #request: CallRequest;
  readonly #events: AttemptEvents;
  readonly #previousAttempts: number;
  #stream: ConnectionStream | undefined;
  #onEnd: ((outcome: AttemptOutcome) => void) | undefined;
  #answered = false;
  #ended = false;

  constructor(host: AttemptHost, request: CallRequest, events: AttemptEvents, previousAttempts: number) {
    this.#host = host;
    this.#request = request;
    this.#events = events;
    this.#previousAttempts = previousAttempts;
    host.picks.add(this);
  }

  get path(): string {
    return this.#request.path;
  }

  get metadata(): Metadata {
    return this.#request.metadata ?? noMetadata;
  }

  get requestHash(): bigint | undefined {
    return this.#request.requestHash;
  }

  take(result: PickResult): boolean {
    // Cancelled from within the pick, which may lead to anything.
    if (this.#ended) return true;
    switch (result.kind) {
      case "complete":
        return this.#open(result);
      case "queue":
        return false;
      case "fail":
        if (this.#request.waitForReady) {
          this.#host.picks.lastFailure = result.status;
          return false;
        }
        this.#refuse(result.status, false);
        return true;
      case "drop":
        this.#refuse(result.status, true);
        return true;
    }
  }

  #open(pick: CompletePick): boolean {
    this.#onEnd = pick.onEnd;
    const { callCredentials } = this.#host;
    if (callCredentials === undefined || pick.subchannel.connection === undefined) return this.#send(pick);
    callMetadata(callCredentials, this.path, this.#authorityOf(pick)).then(
      (proof) => {
        // The connection may have been lost meanwhile; then there is another pick.
        if (!this.#ended && !this.#send(pick, proof.toHttp2Headers())) this.#host.picks.add(this);
      },
      (status: StatusError) => {
        if (this.#ended) return;
        this.#missed(status.code);
        const { code, text, metadata = new Metadata() } = status;
        this.#end({ code, details: text, metadata }, "processed", false);
      },
    );
    return true;
  }

  #authorityOf({ authority, subchannel }: CompletePick): string {
    return authority ?? subchannel.address.serverName ?? this.#host.authority;
  }

  /** False if the connection is lost. */
  #send(pick: CompletePick, proof?: OutgoingHttpHeaders): boolean {
    const { subchannel, headers } = pick;
    const { connection } = subchannel;
    if (connection === undefined) return this.#missed();
    const own = requestHeaders(this.#request, this.#host.clock.now(), this.#previousAttempts);
    if (proof !== undefined) addHeaders(own, proof);
    const problem =
      ((this.#request.metadata ?? proof) && findForbiddenHeader(own)) ??
      (headers && addPickHeaders(own, headers));
    if (problem !== undefined) {
      this.#missed();
      this.#end(
        { code: StatusCode.INTERNAL, details: problem, metadata: new Metadata() },
        "processed",
        false,
      );
      return true;
    }
    try {
      this.#stream = connection.open(this.#request.path, this.#authorityOf(pick), own, this);
    } catch {
      // It has just been lost; its subchannel says so, and another picker follows.
      return this.#missed();
    }
    this.peer = connection.peer;
    this.#host.picks.lastFailure = undefined;
    this.#events.onStart(this.#stream);
    return true;
  }

  /** What was picked did not come about. */
  #missed(code: StatusCode = StatusCode.UNAVAILABLE): false {
    this.#tellPolicy({ started: false, code, trailers: undefined, answered: false });
    return false;
  }

  /** Once for each pick; what a policy throws here is no affair of the call. */
  #tellPolicy(outcome: AttemptOutcome): void {
    const onEnd = this.#onEnd;
    if (onEnd === undefined) return;
    this.#onEnd = undefined;
    try {
      onEnd(outcome);
    } catch (error) {
      this.#host.logger.error({ path: this.path, error }, "the policy has thrown at the end of a call");
    }
  }

  cancel(code: StatusCode, details: string): void {
    if (this.#ended) return;
    if (this.#stream !== undefined) this.#stream.cancel(code, details);
    else {
      this.#host.picks.remove(this);
      this.#missed(code);
      this.#end({ code, details, metadata: new Metadata() }, "unsent", false);
    }
  }

  /** Ends it without a stream: the policy, or the resolver, said no. */
  #refuse(status: StatusError, dropped: boolean): void {
    const { code, text, metadata } = restrictControlPlaneStatus(status);
    this.#end({ code, details: text, metadata: metadata ?? new Metadata() }, "processed", dropped);
  }

  #end(status: WireStatus, progress: AttemptProgress, dropped: boolean): void {
    this.#ended = true;
    // Not from within the start of the attempt, nor in the middle of other calls' picks.
    process.nextTick(() => this.#events.onReceiveStatus({ ...status, progress, dropped }));
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.#answered = true;
    this.#events.onReceiveMetadata(metadata);
  }

  onReceiveMessage(frame: Buffer): void {
    this.#events.onReceiveMessage(frame);
  }

  onReceiveStatus(status: WireStatus): void {
    if (this.#ended) return;
    this.#ended = true;
    const { metadata, rstCode } = status;
    const { code, details } = isKnown(status.code) ? status : toUnknown(status);
    this.#tellPolicy({
      started: true,
      code,
      trailers: metadata,
      answered: this.#answered || metadata.get("content-type").length > 0,
    });
    this.#events.onReceiveStatus({
      code,
      details,
      metadata,
      rstCode,
      progress: rstCode === constants.NGHTTP2_REFUSED_STREAM ? "refused" : "processed",
      dropped: false,
    });
  }
}

/** A server may send any text in the place of a number. */
function isKnown(code: number): boolean {
  return Number.isInteger(code) && code >= StatusCode.OK && code <= StatusCode.UNAUTHENTICATED;
}

function toUnknown({ code, details }: WireStatus): Pick<WireStatus, "code" | "details"> {
  return { code: StatusCode.UNKNOWN, details: `the server gave the unknown code ${code}: ${details}` };
}
