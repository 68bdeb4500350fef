import { map, reduce } from "rxjs";
import {
  type CallContext,
  type Clock,
  type Flow,
  GrpcMethod,
  GrpcService,
  Inject,
  injectionToken,
  type StatusCode,
  StatusError,
  UseGuards,
  UseInterceptors,
  Validate,
} from "../../lib/index.js";
import { ReportLoad, ServerLoad } from "../../lib/services/index.js";
import type {
  EchoStatus,
  PayloadInit,
  StreamingInputCallRequest,
} from "./generated/grpc/testing/messages.js";
import { TestService } from "./generated/grpc/testing/test.js";
import { LoadLock } from "./load-lock.js";
import { reportOnCall, reportOnServer } from "./load-report.js";
import { MetadataEcho } from "./metadata-echo.js";
import { CLOCK, pause } from "./pause.js";
import { SimpleRequest, StreamingOutputCallRequest } from "./requests.js";
import { CALLER, TokenGuard } from "./token-guard.js";

/** The same for all calls of one process. */
export const SERVER_ID = injectionToken<string>("SERVER_ID");

/** What every implementation of gRPC serves, so that the others can be tested against it. */
@GrpcService(TestService, { unimplemented: ["unimplementedCall"] })
@UseGuards(TokenGuard)
@UseInterceptors(MetadataEcho)
export class TestServiceController {
  constructor(
    private readonly load: ServerLoad,
    private readonly loadLock: LoadLock,
    @Inject(SERVER_ID) private readonly serverId: string,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @GrpcMethod()
  emptyCall() {}

  @GrpcMethod()
  @ReportLoad({ measure: false })
  unaryCall(request: SimpleRequest, call: CallContext) {
    if (request.orcaPerQueryReport !== undefined) reportOnCall(call, request.orcaPerQueryReport);
    failIfAsked(request.responseStatus);
    const caller = call.get(CALLER);
    return {
      payload: createPayload(request.responseSize),
      ...(request.fillServerId && { serverId: this.serverId }),
      ...(request.fillUsername && { username: caller?.username }),
      ...(request.fillOauthScope && { oauthScope: caller?.oauthScope }),
    };
  }

  /** Ignores what is asked for: the answer is the time in nanoseconds, so that a kept one can be told from a new one. */
  @GrpcMethod()
  cacheableUnaryCall(_request: object, call: CallContext) {
    call.headers.set("cache-control", "max-age=60, public");
    const nowNs = BigInt(this.clock.now()) * 1_000_000n;
    return { payload: { body: Buffer.from(String(nowNs)) } };
  }

  @GrpcMethod()
  streamingInputCall(requests: Flow<StreamingInputCallRequest>) {
    return requests.pipe(
      reduce((size, { payload }) => size + (payload?.body.length ?? 0), 0),
      map((aggregatedPayloadSize) => ({ aggregatedPayloadSize })),
    );
  }

  @GrpcMethod()
  async *streamingOutputCall(request: StreamingOutputCallRequest, call: CallContext) {
    failIfAsked(request.responseStatus);
    for (const { size, intervalUs, fillPeerSocketAddress } of request.responseParameters) {
      if (intervalUs > 0) await pause(this.clock, intervalUs / 1000, call.signal);
      yield {
        payload: createPayload(size),
        ...(fillPeerSocketAddress?.value && { peerSocketAddress: call.peer.address }),
      };
    }
  }

  @GrpcMethod()
  @Validate(StreamingOutputCallRequest)
  async *fullDuplexCall(requests: Flow<StreamingOutputCallRequest>, call: CallContext) {
    let unlock: (() => void) | undefined;
    try {
      for await (const request of requests) {
        if (request.orcaOobReport !== undefined) {
          unlock ??= await this.loadLock.take(call.signal);
          reportOnServer(this.load, request.orcaOobReport);
        }
        yield* this.streamingOutputCall(request, call);
      }
    } finally {
      unlock?.();
    }
  }

  @GrpcMethod()
  @Validate(StreamingOutputCallRequest)
  async *halfDuplexCall(requests: Flow<StreamingOutputCallRequest>, call: CallContext) {
    const kept: StreamingOutputCallRequest[] = [];
    for await (const request of requests) kept.push(request);
    for (const request of kept) yield* this.streamingOutputCall(request, call);
  }
}

/** Ends the call with the status that the client wants to see. OK, which is 0, stands for none. */
function failIfAsked(status: EchoStatus | undefined): void {
  if (status !== undefined && status.code !== 0) {
    throw new StatusError(status.code as StatusCode, status.message);
  }
}

function createPayload(size: number): PayloadInit {
  return { type: "COMPRESSABLE", body: Buffer.alloc(size) };
}
