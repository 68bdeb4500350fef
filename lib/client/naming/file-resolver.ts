import { basename } from "node:path";
import { parseEndpointFile } from "./file-content.js";
import { type FileWatchOptions, watchFile } from "./file-watch.js";
import type { ResolverDefinition, ResolverOptions } from "./resolver.js";
import { filePath } from "./target.js";

export interface FileOptions extends ResolverOptions, Pick<FileWatchOptions, "pollMs"> {}

/**
 * The scheme `file`: endpoints from a JSON file (`file-content.ts` says which), read again whenever it changes:
 * `file:///etc/orders.json`, `file:orders.json`. While the file is missing or wrong, the last good list stays, and it is
 * looked for about once a second.
 */
export function fileResolver({ pollMs, ...options }: FileOptions = {}): ResolverDefinition {
  return {
    scheme: "file",
    options: { backoff: { initialMs: 250, maxMs: 1_000 }, ...options },
    resolver: {
      check({ authority, endpoint, text }) {
        if (authority !== "") {
          throw new Error(`"${text}" has two slashes, and "${authority}" behind them; use three, or none`);
        }
        if (endpoint === "") throw new Error(`"${text}" names no file`);
      },
      resolve: (target, { clock, logger, refreshes }) =>
        watchFile(filePath(target), parseEndpointFile, {
          ...(pollMs !== undefined && { pollMs }),
          ...{ clock, logger, looks: refreshes },
        }),
      // Servers go by the name of the list.
      authority: ({ endpoint }) => basename(endpoint).replace(/\.json$/, ""),
    },
  };
}
