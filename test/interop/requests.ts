/** Requests with rules: what breaks one is INVALID_ARGUMENT before a handler sees it. */
import { IsIn, Min, ValidateNested } from "class-validator";
import { ElementType } from "../../lib/index.js";
import type * as testing from "./generated/grpc/testing/messages.js";
import {
  type BoolValue,
  type EchoStatus,
  type Payload,
  PayloadType,
  type TestOrcaReport,
} from "./generated/grpc/testing/messages.js";

const payloadTypes = Object.values(PayloadType);

export class SimpleRequest implements testing.SimpleRequest {
  @IsIn(payloadTypes) responseType!: PayloadType;
  @Min(0) responseSize!: number;
  payload?: Payload;
  fillUsername!: boolean;
  fillOauthScope!: boolean;
  responseCompressed?: BoolValue;
  responseStatus?: EchoStatus;
  expectCompressed?: BoolValue;
  fillServerId!: boolean;
  fillGrpclbRouteType!: boolean;
  orcaPerQueryReport?: TestOrcaReport;
}

export class ResponseParameters implements testing.ResponseParameters {
  @Min(0) size!: number;
  @Min(0) intervalUs!: number;
  compressed?: BoolValue;
  fillPeerSocketAddress?: BoolValue;
}

export class StreamingOutputCallRequest implements testing.StreamingOutputCallRequest {
  @IsIn(payloadTypes) responseType!: PayloadType;
  @ValidateNested({ each: true })
  @ElementType(() => ResponseParameters)
  responseParameters!: ResponseParameters[];
  payload?: Payload;
  responseStatus?: EchoStatus;
  orcaOobReport?: TestOrcaReport;
}
