/** Requests with rules: what breaks one is INVALID_ARGUMENT before a handler sees it. */
import { IsIn, Min, ValidateNested } from "class-validator";
import { ElementType } from "../../lib/index.js";
import type { EchoStatus, Payload, TestOrcaReport } from "./messages.js";

export class SimpleRequest {
  @IsIn(["COMPRESSABLE"]) responseType!: string;
  @Min(0) responseSize!: number;
  payload?: Payload;
  fillUsername!: boolean;
  fillOauthScope!: boolean;
  fillServerId!: boolean;
  responseStatus?: EchoStatus;
  orcaPerQueryReport?: TestOrcaReport;
}

export class ResponseParameters {
  @Min(0) size!: number;
  @Min(0) intervalUs!: number;
  fillPeerSocketAddress?: { value: boolean };
}

export class StreamingOutputCallRequest {
  @IsIn(["COMPRESSABLE"]) responseType!: string;
  @ValidateNested({ each: true })
  @ElementType(() => ResponseParameters)
  responseParameters!: ResponseParameters[];
  payload?: Payload;
  responseStatus?: EchoStatus;
  orcaOobReport?: TestOrcaReport;
}
