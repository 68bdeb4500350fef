/**
 * What is sent and answered, the same for every contender. Servers build their answers here, message by message
 * as a real handler would; the load generator compares them with the same values.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The proto file stays in the source tree, wherever the compiled benchmark lies. */
export const protoPath = findUp("test/bench/bench.proto");

export const serviceName = "grebe.bench.Bench";

/** A message as proto-loader's usual options give it: `longs: String, enums: String`. */
export interface EchoMessage {
  id: number;
  text: string;
}

export interface Address {
  street: string;
  city: string;
  zipCode: string;
}

export interface CreateRequest {
  email: string;
  name: string;
  age: number;
  country: string;
  tags: string[];
  address: Address;
  plan: string;
  credit: number;
}

export interface CreateReply {
  id: string;
  email: string;
}

export interface StreamRequest {
  count: number;
}

export interface Small {
  sequence: number;
  text: string;
}

export interface Rich {
  id: string;
  name: string;
  plan: string;
  latitude: number;
  longitude: number;
  population: number;
  digest: Buffer;
  tags: string[];
  scores: number[];
  labels: Record<string, string>;
  address: Address;
}

export const echoRequest: EchoMessage = { id: 4711, text: "the quick brown fox jumps over the dog" };

export const createRequest: CreateRequest = {
  email: "ada.lovelace@example.org",
  name: "Ada Lovelace",
  age: 36,
  country: "GB",
  tags: ["analytical", "engine", "notes"],
  address: { street: "12 St James's Square", city: "London", zipCode: "SW1Y 4JH" },
  plan: "PLAN_PAID",
  credit: 12.5,
};

/** Breaks a rule in the request itself and one in a nested message. */
export const badCreateRequest: CreateRequest = {
  ...createRequest,
  email: "not an address",
  address: { ...createRequest.address, zipCode: "?" },
};

export function toEchoReply(request: EchoMessage): EchoMessage {
  return { id: request.id, text: request.text };
}

export function toCreateReply(request: CreateRequest): CreateReply {
  return { id: "1000000000007", email: request.email };
}

/** Messages in one stream. */
export const messagesPerCall = 2000;

export const smallText = "0123456789 abcdefghijklmnopqrstuvwxyz, sixty-four in all.";

/** 64 bytes on the wire, for every sequence number above zero. */
export function createSmall(sequence: number): Small {
  return { sequence, text: smallText };
}

const digest = Buffer.from("00112233445566778899aabbccddeeff", "hex");

/** Fields of a 175-byte message whose type is the same in every contender. */
function createRichFields() {
  return {
    name: "Channel-Port aux Basques",
    latitude: 47.5725,
    longitude: -59.1367,
    population: 4067,
    digest,
    tags: ["harbour", "ferry"],
    scores: [3, 14, 159, 2653],
    labels: { region: "atlantic", class: "PPL" },
    address: { street: "10 Old Main Street", city: "Channel NL", zipCode: "A0M 1C0" },
  };
}

/** 175 bytes on the wire, for every sequence number. */
export function createRich(sequence: number): Rich {
  return { id: String(1_000_000_000_000 + sequence), plan: "PLAN_PAID", ...createRichFields() };
}

/** The same for a contender whose int64 is a number and whose enums are numbers. */
export function createNumericRich(sequence: number) {
  return { id: 1_000_000_000_000 + sequence, plan: 2, ...createRichFields() };
}

function findUp(path: string): string {
  for (let folder = new URL(".", import.meta.url); ; folder = new URL("..", folder)) {
    const candidate = new URL(path, folder);
    if (existsSync(candidate)) return fileURLToPath(candidate);
    if (folder.pathname === "/") throw new Error(`${path} is in no folder above ${import.meta.url}`);
  }
}
