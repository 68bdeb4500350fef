/** What keeps a process alive, or was left behind: counted by kind. */
export type ResourceCounts = ReadonlyMap<string, number>;

/** Counts open sockets, servers, timers and other handles, as Node reports them. */
export function countResources(): ResourceCounts {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    // Standard streams belong to the process.
    if (kind === "TTYWrap" || kind === "PipeWrap" || kind === "FSReqPromise") continue;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/**
 * Waits until nothing is open that was not open before. Closing takes a few turns of the event loop; what is still
 * there after `turns` of them is a leak: throws an Error that names it.
 */
export async function expectNoLeaks(before: ResourceCounts, turns = 200): Promise<void> {
  let leaks: string[] = [];
  for (let turn = 0; turn < turns; turn++) {
    leaks = [];
    for (const [kind, count] of countResources()) {
      const excess = count - (before.get(kind) ?? 0);
      if (excess > 0) leaks.push(`${excess} × ${kind}`);
    }
    if (leaks.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, Math.min(turn, 10)));
  }
  throw new Error(`left open: ${leaks.join(", ")}`);
}
