import { tmpdir } from "node:os";
import { join } from "node:path";
import { StartupError } from "grebe";

/** What may differ from one place the app runs in to the next. */
export interface Settings {
  /** TCP port on 127.0.0.1; 0 takes any free one. */
  readonly port: number;
  /** Unix domain socket, for callers on the same machine. */
  readonly socketPath: string;
}

/** Reads PORT and SOCKET_PATH. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const port = Number(env.PORT || 50051);
  if (!(Number.isInteger(port) && port >= 0 && port < 65536)) {
    throw StartupError.of("BAD_OPTION", `PORT must be a number from 0 to 65535, got "${env.PORT}".`);
  }
  // Named after the port (or the process, if the port is not known yet), so that two of them do not collide.
  const name = port === 0 ? `atlas-${process.pid}.sock` : `atlas-${port}.sock`;
  return { port, socketPath: env.SOCKET_PATH || join(tmpdir(), name) };
}
