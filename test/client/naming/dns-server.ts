/** A DNS server for tests: UDP on loopback, one table of answers (RFC 1035, RFC 2782). */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, isIPv6 } from "node:net";
import type { SrvRecord } from "../../../lib/client/naming/dns-lookups.js";

const types = { A: 1, TXT: 16, AAAA: 28, SRV: 33 } as const;
const codes = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;
const ttlS = 1;

/** Records of one name. A name without an entry does not exist; a type without records is answered with none. */
export interface Zone {
  readonly A?: readonly string[];
  readonly AAAA?: readonly string[];
  readonly SRV?: readonly SrvRecord[];
  /** Each record is a list of strings. */
  readonly TXT?: readonly (readonly string[])[];
  /** Answers with this code, or never. */
  readonly fails?: keyof typeof codes | "silent";
  /** Only questions of this type fail. Default: all. */
  readonly failsFor?: keyof typeof types;
}

export class DnsServer {
  readonly zones = new Map<string, Zone>();
  /** What was asked: `A orders.test`. */
  readonly questions: string[] = [];
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("message", (message, from) => this.#answer(message, from));
  }

  static async listen(): Promise<DnsServer> {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new DnsServer(socket);
  }

  /** `127.0.0.1:port`. */
  get address(): string {
    return `127.0.0.1:${(this.#socket.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#socket.close();
  }

  #answer(message: Buffer, from: RemoteInfo): void {
    const { name, type, end } = readQuestion(message);
    const typeName = (Object.keys(types) as (keyof typeof types)[]).find((key) => types[key] === type);
    this.questions.push(`${typeName ?? type} ${name}`);
    const zone = this.zones.get(name.toLowerCase());
    const isHit = zone?.failsFor === undefined || zone.failsFor === typeName;
    const fails = zone === undefined ? "NXDOMAIN" : ((isHit ? zone.fails : undefined) ?? "NOERROR");
    if (fails === "silent") return;
    const data = fails === "NOERROR" && typeName !== undefined ? recordData(zone!, typeName) : [];
    const header = Buffer.alloc(12);
    header.writeUInt16BE(message.readUInt16BE(0), 0);
    header.writeUInt16BE(0x8580 | codes[fails], 2); // response, authoritative, recursion wanted and available
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(data.length, 6);
    const records = data.map((bytes) => {
      const head = Buffer.alloc(12);
      head.writeUInt16BE(0xc00c, 0); // the question's name
      head.writeUInt16BE(type, 2);
      head.writeUInt16BE(1, 4);
      head.writeUInt32BE(ttlS, 6);
      head.writeUInt16BE(bytes.length, 10);
      return Buffer.concat([head, bytes]);
    });
    this.#socket.send(
      Buffer.concat([header, message.subarray(12, end), ...records]),
      from.port,
      from.address,
    );
  }
}

function readQuestion(message: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at]!; length > 0; length = message[at]!) {
    labels.push(message.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join("."), type: message.readUInt16BE(at + 1), end: at + 5 };
}

function recordData(zone: Zone, type: keyof typeof types): Buffer[] {
  switch (type) {
    case "A":
      return (zone.A ?? []).map((ip) => Buffer.from(ip.split(".").map(Number)));
    case "AAAA":
      return (zone.AAAA ?? []).map(ipv6Bytes);
    case "SRV":
      return (zone.SRV ?? []).map(({ priority, weight, port, name }) => {
        const head = Buffer.alloc(6);
        head.writeUInt16BE(priority, 0);
        head.writeUInt16BE(weight, 2);
        head.writeUInt16BE(port, 4);
        return Buffer.concat([head, nameBytes(name)]);
      });
    case "TXT":
      return (zone.TXT ?? []).map((strings) =>
        Buffer.concat(strings.flatMap((text) => [Buffer.from([Buffer.byteLength(text)]), Buffer.from(text)])),
      );
  }
}

function nameBytes(name: string): Buffer {
  const labels = name.split(".").filter((label) => label !== "");
  return Buffer.concat([
    ...labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, "latin1")]),
    Buffer.from([0]),
  ]);
}

function ipv6Bytes(ip: string): Buffer {
  if (!isIPv6(ip)) throw new Error(`${ip} is no IPv6 address`);
  const [before = "", after] = ip.split("::");
  const groups = (part: string) => part.split(":").filter((group) => group !== "");
  const [left, right] = [groups(before), groups(after ?? "")];
  const zeros = Array<string>(8 - left.length - right.length).fill("0");
  const bytes = Buffer.alloc(16);
  [...left, ...zeros, ...right].forEach((group, index) => {
    bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2);
  });
  return bytes;
}
