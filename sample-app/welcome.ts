import { styleText } from "node:util";
import type { GrpcApplication, RouteDescription } from "grebe";

/** What is served, by which handler, behind what, where, and how to try it. */
export function formatWelcome(app: GrpcApplication, cityCount: number): string {
  const sections = [
    `${strong("Atlas")}  ${cityCount.toLocaleString("en")} cities`,
    ...formatServices(app.routes),
    `${strong("Listening on")}\n${app.listeners.map(({ address }) => `  ${address}`).join("\n")}`,
    `${strong("Try, in another terminal")}\n${formatCommands(app.listeners)}`,
    "Ctrl-C stops gently; twice, at once.",
  ];
  return `${sections.join("\n\n")}\n`;
}

const commands = [
  `GetCity '{"cityId": 2657896}'`,
  `ListCities '{"countryCodes": ["CH"], "minPopulation": 50000}'`,
  `Guide '{"latitude": 46.95, "longitude": 7.45}' '{"latitude": 0, "longitude": 0}'`,
  `RecordTrip --api-key demo '{"latitude": 47.37, "longitude": 8.55}' '{"latitude": 46.95, "longitude": 7.45}'`,
];

function formatCommands(listeners: GrpcApplication["listeners"]): string {
  const { address } = listeners[0]!;
  const where = address === "127.0.0.1:50051" ? "" : `-a ${address} `;
  return commands.map((command) => `  npm run call -- ${where}${command}`).join("\n");
}

const modes = {
  unary: "unary",
  serverStreaming: "server streaming",
  clientStreaming: "client streaming",
  bidiStreaming: "bidirectional",
} as const satisfies Record<RouteDescription["kind"], string>;

function formatServices(routes: readonly RouteDescription[]): string[] {
  const services = new Set(routes.map(serviceOf));
  return Array.from(services, (service) => {
    const served = routes.filter((route) => serviceOf(route) === service);
    return `${strong(service)}\n${formatRoutes(served)}`;
  });
}

function serviceOf({ path }: RouteDescription): string {
  return path.split("/")[1]!;
}

function formatRoutes(routes: readonly RouteDescription[]): string {
  const list = (names: readonly string[]): string => names.join(", ") || "–";
  const rows = routes.map((route) => [
    route.path.split("/")[2]!,
    modes[route.kind],
    route.handler,
    list(route.guards),
    list(route.interceptors),
    route.validates ?? "–",
  ]);
  return formatTable(["rpc", "mode", "handler", "guards", "interceptors", "validated as"], rows);
}

function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd();
  return [dim(line(header)), ...rows.map(line)].map((text) => `  ${text}`).join("\n");
}

const colours = process.stdout.isTTY && process.env.NO_COLOR === undefined;

function strong(text: string): string {
  return colours ? styleText("bold", text) : text;
}

function dim(text: string): string {
  return colours ? styleText("dim", text) : text;
}
