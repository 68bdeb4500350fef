import { GrpcApplication, StartupError } from "../../lib/index.js";
import { createCommand } from "./command.js";
import { InteropModule } from "./interop-module.js";

const command = createCommand(async (options) => {
  const app = await GrpcApplication.create(InteropModule, {
    listeners: [{ kind: "tcp", options }],
  });
  const [listener] = await app.listen();
  console.log(
    `interop server listens on ${listener!.address}${options.tls === undefined ? "" : " with TLS"}`,
  );
});

try {
  await command.parseAsync();
} catch (error) {
  if (!(error instanceof StartupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
