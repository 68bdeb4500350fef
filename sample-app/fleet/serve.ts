import { consoleLogger, type GrpcApplication, type Logger, StartupError, silentLogger } from "grebe";

/** What a process of the fleet tells when it accepts calls. */
export interface Ready {
  readonly address: string;
}

/** What goes wrong is for the fleet to show; all else would only be in the way. */
export const complaints: Logger = { ...silentLogger, warn: consoleLogger.warn, error: consoleLogger.error };

/** A process of the fleet, from inside: it serves what is made of its settings, JSON in its only argument. */
export async function serve<Settings>(
  create: (settings: Settings) => Promise<GrpcApplication>,
): Promise<void> {
  // A terminal sends ctrl-C to all processes at once; the fleet ends its own itself, and they do not outlive it.
  process.on("SIGINT", () => undefined);
  process.on("disconnect", () => process.exit());
  try {
    const app = await create(JSON.parse(process.argv[2]!) as Settings);
    const [listener] = await app.listen();
    const ready: Ready = { address: listener!.address };
    process.send?.(ready);
  } catch (error) {
    console.error(error instanceof StartupError ? error.message : error);
    process.exit(1);
  }
}
