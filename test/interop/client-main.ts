import { createClientCommand } from "./client-command.js";

try {
  await createClientCommand((line) => console.log(line)).parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
