import type { SrvRecord } from "./dns-lookups.js";
import type { Endpoint } from "./endpoint.js";

/**
 * The servers of an SRV name (RFC 2782), each one endpoint with all addresses of its host, its weight that of the
 * record. They are listed in a stable order, as DNS servers shuffle: by priority, weight, host and port.
 */
export async function serviceEndpoints(
  records: readonly SrvRecord[],
  priorities: "first" | "all",
  addressesOf: (host: string) => Promise<readonly string[]>,
): Promise<Endpoint[]> {
  // "." as the only target says that the service is decidedly not there.
  const servers = records.filter(({ name }) => name !== "" && name !== ".").sort(inOrder);
  const addresses = await resolveHosts(servers, addressesOf);
  const found = servers.filter(({ name }) => (addresses.get(name)?.length ?? 0) > 0);
  const listed =
    priorities === "all" ? found : found.filter(({ priority }) => priority === found[0]!.priority);
  return listed.map(({ name, port, priority, weight }) => ({
    addresses: addresses.get(name)!.map((host) => ({ host, port })),
    // 0 is "hardly ever" there; the least that policies know is 1.
    weight: Math.max(1, weight),
    ...(priorities === "all" ? { path: [String(priority)] } : {}),
  }));
}

function inOrder(a: SrvRecord, b: SrvRecord): number {
  if (a.priority !== b.priority) return a.priority - b.priority;
  if (a.weight !== b.weight) return b.weight - a.weight;
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.port - b.port;
}

/** Hosts that cannot be looked up are left out as long as there are others. */
async function resolveHosts(
  servers: readonly SrvRecord[],
  addressesOf: (host: string) => Promise<readonly string[]>,
): Promise<Map<string, readonly string[]>> {
  const names = [...new Set(servers.map(({ name }) => name))];
  const answers = await Promise.allSettled(names.map((name) => addressesOf(name.replace(/\.$/, ""))));
  const found = new Map<string, readonly string[]>();
  let failure: PromiseRejectedResult | undefined;
  answers.forEach((answer, index) => {
    if (answer.status === "fulfilled") found.set(names[index]!, answer.value);
    else failure ??= answer;
  });
  const isEmpty = [...found.values()].every((list) => list.length === 0);
  if (isEmpty && failure !== undefined) throw failure.reason;
  return found;
}
