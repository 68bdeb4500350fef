/** What is measured of servers: per scenario a request, the answer it must have, and how many calls are under way. */
import type { Load } from "./load/closed-loop.js";
import type { Measured } from "./measurement.js";
import {
  badCreateRequest,
  createRequest,
  createRich,
  createSmall,
  echoRequest,
  messagesPerCall,
  serviceName,
  toCreateReply,
  toEchoReply,
} from "./payloads.js";
import { encodeFrame } from "./wire.js";

export interface Scenario extends Measured {
  readonly load: Load;
  readonly replyType: string;
  readonly replies: readonly object[];
  /** A body that a validating contender must refuse. */
  readonly badBody?: Buffer;
}

interface Outline {
  readonly name: string;
  readonly title: string;
  readonly unit: "call" | "message";
  readonly rpc: string;
  readonly requestType: string;
  readonly requests: readonly object[];
  readonly replyType: string;
  readonly replies: readonly object[];
  readonly connections: number;
  readonly inFlight: number;
}

const smalls = Array.from({ length: messagesPerCall }, (_, index) => createSmall(index + 1));
const riches = Array.from({ length: messagesPerCall }, (_, index) => createRich(index + 1));

export const scenarios: readonly Scenario[] = [
  toScenario({
    name: "unary",
    title: "Unary",
    unit: "call",
    rpc: "Echo",
    requestType: "EchoRequest",
    requests: [echoRequest],
    replyType: "EchoReply",
    replies: [toEchoReply(echoRequest)],
    connections: 4,
    inFlight: 8,
  }),
  {
    ...toScenario({
      name: "create",
      title: "Unary with validation: create",
      unit: "call",
      rpc: "Create",
      requestType: "CreateRequest",
      requests: [createRequest],
      replyType: "CreateReply",
      replies: [toCreateReply(createRequest)],
      connections: 4,
      inFlight: 8,
    }),
    badBody: encodeFrame("CreateRequest", badCreateRequest),
  },
  toScenario({
    name: "stream64",
    title: "Server streaming, messages of 64 bytes",
    unit: "message",
    rpc: "StreamSmall",
    requestType: "StreamRequest",
    requests: [{ count: messagesPerCall }],
    replyType: "Small",
    replies: smalls,
    connections: 4,
    inFlight: 1,
  }),
  toScenario({
    name: "stream175",
    title: "Server streaming, messages of 175 bytes with eleven fields",
    unit: "message",
    rpc: "StreamRich",
    requestType: "StreamRequest",
    requests: [{ count: messagesPerCall }],
    replyType: "Rich",
    replies: riches,
    connections: 4,
    inFlight: 1,
  }),
  toScenario({
    name: "collect",
    title: "Client streaming, messages of 64 bytes",
    unit: "message",
    rpc: "Collect",
    requestType: "Small",
    requests: smalls,
    replyType: "CollectReply",
    replies: [{ count: messagesPerCall }],
    connections: 4,
    inFlight: 1,
  }),
];

function toScenario(outline: Outline): Scenario {
  const { name, title, unit, requests, replyType, replies, connections, inFlight } = outline;
  const replyBytes = replies.reduce((sum, reply) => sum + encodeFrame(replyType, reply).length, 0);
  return {
    name,
    title,
    side: "server",
    unit,
    unitsPerCall: unit === "call" ? 1 : Math.max(requests.length, replies.length),
    load: {
      path: `/${serviceName}/${outline.rpc}`,
      body: Buffer.concat(requests.map((request) => encodeFrame(outline.requestType, request))),
      connections,
      inFlight,
      replyMessages: replies.length,
      replyBytes,
    },
    replyType,
    replies,
  };
}
