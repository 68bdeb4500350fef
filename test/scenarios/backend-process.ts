import { ServedProcess } from "./served-process.js";
import type { BackendSettings } from "./settings.js";

/** Serves the probe. */
export type BackendProcess = ServedProcess<BackendSettings>;

export const BackendProcess = {
  start: (settings: BackendSettings): Promise<BackendProcess> =>
    ServedProcess.start("./backend.js", settings),
};
