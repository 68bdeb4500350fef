/** `npm run sample:fleet`: several Atlas backends, a registry, and a front service that calls them by a policy. */
import { endOnSignals } from "./end-signals.js";
import { FleetRun } from "./fleet-run.js";
import { readOptions } from "./options.js";
import { createScreen } from "./screen.js";

const run = new FleetRun(readOptions(process.argv.slice(2)), createScreen(process.stdout));

endOnSignals(["SIGINT", "SIGTERM", "SIGHUP"], () => run.quit());
process.on("SIGUSR2", () => run.addBackend());
// Whoever reads our output has seen enough, as `head` has.
process.stdout.on("error", () => run.quit());
// Whatever ends this process, nothing of it stays behind.
process.on("exit", () => run.abandon());

try {
  await run.play();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
process.exit();
