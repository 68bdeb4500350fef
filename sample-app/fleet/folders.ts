import { lstat, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "grebe-fleet-";
/** The prefix, the process that has made it, and what mkdtemp adds. */
const NAME = /^grebe-fleet-(\d+)-\w{6}$/;
/** Backends renew their entries every two seconds: nobody uses a folder that has stayed as it is for this long. */
const UNUSED_MS = 15_000;

/** A folder for the registry of this run. What runs have left that were killed goes first. */
export async function makeFolder(): Promise<string> {
  await sweep();
  return mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
}

async function sweep(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  const owned = names.filter((name) => isGone(Number(NAME.exec(name)?.[1])));
  // What cannot be removed is left to others.
  await Promise.allSettled(owned.map((name) => removeUnused(join(tmpdir(), name))));
}

function isGone(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

/** A process of another container, which looks as if it were gone, still renews what is in its folder. */
async function removeUnused(folder: string): Promise<void> {
  const made = await lstat(folder);
  if (!made.isDirectory() || made.uid !== process.getuid?.()) return;
  const within = await readdir(folder, { recursive: true });
  const stats = await Promise.all(["", ...within].map((name) => lstat(join(folder, name))));
  const changedAt = Math.max(...stats.map(({ mtimeMs }) => mtimeMs));
  if (Date.now() - changedAt > UNUSED_MS) await rm(folder, { recursive: true });
}
