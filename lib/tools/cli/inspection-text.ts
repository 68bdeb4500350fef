import type { ApplicationChannel, ApplicationInspection } from "../../app/index.js";
import type { PolicyDescription } from "../../client/index.js";

export interface InspectionTextOptions {
  /** How states look. */
  readonly paint: (look: "green" | "yellow" | "red" | "bold" | "dim", text: string) => string;
  /** Lines of one list; the rest is counted. */
  readonly limit: number;
  readonly now: number;
}

const looks = { READY: "green", CONNECTING: "yellow", IDLE: "dim" } as const;

/** What an application shows of itself, as an indented tree. */
export function formatInspection(inspection: ApplicationInspection, options: InspectionTextOptions): string {
  const { paint } = options;
  const { listeners, routes, channels } = inspection;
  return [
    paint("bold", "listeners"),
    ...indent(orNone(listeners.map(({ address, tls }) => `${address}${tls ? " (TLS)" : ""}`))),
    paint("bold", "routes"),
    ...indent(
      orNone(limited(table(routes.map(({ path, kind, handler }) => [path, kind, handler])), options)),
    ),
    paint("bold", "channels"),
    ...indent(orNone(channels.flatMap((channel) => channelLines(channel, options)))),
  ].join("\n");
}

function channelLines(channel: ApplicationChannel, options: InspectionTextOptions): string[] {
  const { paint, now } = options;
  const { target, clients, state, calls, waiting, resolver, policy, subchannels, lastError } = channel;
  const age =
    resolver.resolvedAt === undefined ? "" : `, ${Math.round((now - resolver.resolvedAt) / 1000)} s ago`;
  const connections = table(
    subchannels.map((each) => [
      each.address,
      each.state,
      count(each.picks, "call"),
      each.lastError === undefined ? "" : `last error: ${each.lastError}`,
    ]),
  );
  return [
    `${paint("bold", target)}  ${painted(state, options)}  ${count(calls, "call")} under way, ${waiting} waiting`,
    ...indent([
      `clients: ${clients.join(", ")}`,
      `resolver: ${resolver.scheme} ${resolver.state}, ${count(resolver.endpoints.length, "endpoint")}${age}`,
      ...(resolver.error === undefined ? [] : [`  ${paint("red", resolver.error)}`]),
      ...indent(limited(resolver.endpoints, options)),
      ...(policy === undefined ? [] : [`policy: ${policyLine(policy, options)}`]),
      ...indent(policyLines(policy, options)),
      "connections:",
      ...indent(limited(connections, options).map((line) => paintState(line, options))),
      ...(lastError === undefined ? [] : [`last error: ${paint("red", lastError)}`]),
    ]),
  ];
}

function policyLine(
  { policy, state, detail = {} }: PolicyDescription,
  options: InspectionTextOptions,
): string {
  const details = Object.entries(detail).map(([name, value]) => `${name}=${detailText(value)}`);
  return [policy, painted(state, options), ...details].join(" ");
}

/** Counts and the like read better without quotation marks around their names. */
function detailText(value: unknown): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return JSON.stringify(value);
  return Object.entries(value)
    .map(([name, each]) => `${name}:${JSON.stringify(each)}`)
    .join(",");
}

function policyLines(policy: PolicyDescription | undefined, options: InspectionTextOptions): string[] {
  const children = policy?.children ?? [];
  const shown = children
    .slice(0, options.limit)
    .flatMap((child) => [
      `${child.name}: ${policyLine(child, options)}`,
      ...indent(policyLines(child, options)),
    ]);
  return [...shown, ...rest(children.length, options)];
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function painted(state: string, { paint }: InspectionTextOptions): string {
  return paint(looks[state as keyof typeof looks] ?? "red", state);
}

/** States in the columns of a table, whose widths are those of plain text. */
function paintState(line: string, options: InspectionTextOptions): string {
  return line.replace(/(?<= {2})[A-Z_]+(?= {2})/, (state) => painted(state, options));
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}

function limited(lines: readonly string[], options: InspectionTextOptions): string[] {
  return [...lines.slice(0, options.limit), ...rest(lines.length, options)];
}

function rest(count: number, { limit }: InspectionTextOptions): string[] {
  return count > limit ? [`… and ${count - limit} more (--all)`] : [];
}

function orNone(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? ["none"] : lines;
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
