import { GrpcApplication, StartupError } from "grebe";
import { AppModule } from "./app.module.js";
import { CityIndex } from "./cities/city-index.js";
import { readSettings } from "./settings.js";
import { formatWelcome } from "./welcome.js";

const CLEAR_LINE = "\r\u001b[K";

try {
  const settings = readSettings(process.env);
  if (process.stdout.isTTY) process.stdout.write("loading the cities of the world …");
  const app = await GrpcApplication.create(AppModule.forRoot(settings));
  if (process.stdout.isTTY) process.stdout.write(CLEAR_LINE);
  // From here on SIGTERM and ctrl-C drain: open calls may end, then the process does.
  await app.listen();
  console.log(formatWelcome(app, app.get(CityIndex).size));
} catch (error) {
  // A start-up error says what to do; its stack would only hide that.
  if (!(error instanceof StartupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
