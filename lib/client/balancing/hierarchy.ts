import type { Endpoint } from "../naming/endpoint.js";

/**
 * The endpoints of each child of a policy that has named ones: the first name of an endpoint's path says whose it is,
 * the child sees the rest. An endpoint without a path is nobody's. `mark` adds to what the child sees.
 */
export function groupByPath(
  endpoints: readonly Endpoint[],
  mark?: (name: string) => Partial<Endpoint>,
): ReadonlyMap<string, readonly Endpoint[]> {
  const groups = new Map<string, Endpoint[]>();
  for (const { path = [], ...endpoint } of endpoints) {
    const [name, ...rest] = path;
    if (name === undefined) continue;
    const shown = { ...endpoint, ...mark?.(name), ...(rest.length > 0 && { path: rest }) };
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [shown]);
    else group.push(shown);
  }
  return groups;
}
