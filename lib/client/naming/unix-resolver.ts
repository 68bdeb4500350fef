import type { ResolverDefinition } from "./resolver.js";
import { fixed } from "./static-resolver.js";
import { filePath, type Target } from "./target.js";

/** The scheme `unix`: `unix:relative/path`, `unix:/absolute/path`, `unix:///absolute/path`. */
export const unixResolver: ResolverDefinition = socketResolver("unix", filePath);

/** The scheme `unix-abstract`, for names that are no files (Linux): `unix-abstract:name`. */
export const unixAbstractResolver: ResolverDefinition = socketResolver(
  "unix-abstract",
  (target) => `\0${target.endpoint}`,
);

function socketResolver(scheme: string, pathOf: (target: Target) => string): ResolverDefinition {
  return {
    scheme,
    resolver: {
      check({ authority, endpoint, text }) {
        if (authority !== "") {
          throw new Error(
            `"${text}" has two slashes, and "${authority}" behind them; use none, one or three`,
          );
        }
        if (endpoint === "") throw new Error(`"${text}" names no socket; write ${scheme}:NAME`);
      },
      resolve: (target) => fixed({ endpoints: [{ addresses: [{ path: pathOf(target) }] }] }),
      authority: () => "localhost",
    },
  };
}
