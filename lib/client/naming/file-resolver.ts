import { type FSWatcher, watch } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, resolve as toAbsolute } from "node:path";
import { Observable, type Subscriber } from "rxjs";
import { parseEndpointFile } from "./file-content.js";
import type { Resolution, ResolverContext, ResolverDefinition, ResolverOptions } from "./resolver.js";
import { filePath } from "./target.js";

export interface FileOptions extends ResolverOptions {
  /**
   * How often the file is looked at even if the system reports no change, in milliseconds: network file systems and
   * targets of symbolic links do not report all. Default: 5,000.
   */
  readonly pollMs?: number;
}

/** Writers take several steps; they get this long after each. */
const SETTLE_MS = 50;
/** How long the file may be missing or unreadable, as while it is replaced, before that is an error. */
const PATIENCE_MS = 1_000;

/**
 * The scheme `file`: endpoints from a JSON file (`file-content.ts` says which), read again whenever it changes:
 * `file:///etc/orders.json`, `file:orders.json`. While the file is missing or wrong, the last good list stays, and it is
 * looked for about once a second.
 */
export function fileResolver({ pollMs = 5_000, ...options }: FileOptions = {}): ResolverDefinition {
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
      resolve: (target, context) =>
        new Observable((subscriber) => {
          const follower = new FileFollower(toAbsolute(filePath(target)), pollMs, context, subscriber);
          subscriber.add(() => follower.close());
          follower.look();
        }),
      // Servers go by the name of the list.
      authority: ({ endpoint }) => basename(endpoint).replace(/\.json$/, ""),
    },
  };
}

/** Follows one file. The folder is watched, not the file: whoever replaces it leaves a watched file without a name. */
class FileFollower {
  readonly #path: string;
  readonly #pollMs: number;
  readonly #context: ResolverContext;
  readonly #subscriber: Subscriber<Resolution>;
  readonly #watcher: FSWatcher | undefined;
  #timer: { readonly handle: unknown; readonly dueAt: number } | undefined;
  #looking = false;
  #lookAgain = false;
  /** Of the content that was read last: nothing is read while this stays. */
  #version = "";
  #text: string | undefined;
  #faultySince: number | undefined;
  #closed = false;

  constructor(path: string, pollMs: number, context: ResolverContext, subscriber: Subscriber<Resolution>) {
    this.#path = path;
    this.#pollMs = pollMs;
    this.#context = context;
    this.#subscriber = subscriber;
    this.#watcher = this.#watch();
    subscriber.add(context.refreshes.subscribe(() => this.#lookIn(0)));
  }

  close(): void {
    this.#closed = true;
    this.#watcher?.close();
    this.#clearTimer();
  }

  look(): void {
    this.#clearTimer();
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = true;
    this.#read().then(
      () => this.#looked(undefined),
      (error: Error) => this.#looked(error),
    );
  }

  #looked(error: Error | undefined): void {
    this.#looking = false;
    if (this.#closed) return;
    const now = this.#context.clock.now();
    if (error === undefined) this.#faultySince = undefined;
    else {
      this.#version = "";
      this.#faultySince ??= now;
      // At first there is nothing to be patient for.
      if (this.#text === undefined || now - this.#faultySince >= PATIENCE_MS) {
        this.#subscriber.error(error);
        return;
      }
    }
    this.#lookIn(this.#lookAgain ? SETTLE_MS : error === undefined ? this.#pollMs : PATIENCE_MS);
    this.#lookAgain = false;
  }

  async #read(): Promise<void> {
    const { mtimeMs, size, ino } = await stat(this.#path);
    const version = `${mtimeMs} ${size} ${ino}`;
    if (version === this.#version || this.#closed) return;
    this.#version = version;
    const text = await readFile(this.#path, "utf8");
    if (text === this.#text || this.#closed) return;
    const resolution = this.#parse(text);
    this.#text = text;
    this.#subscriber.next(resolution);
  }

  #parse(text: string): Resolution {
    try {
      return parseEndpointFile(text);
    } catch (cause) {
      throw new Error(`${this.#path}: ${(cause as Error).message}`, { cause });
    }
  }

  /** Looks after this time, or sooner if that was planned. */
  #lookIn(delayMs: number): void {
    if (this.#closed) return;
    const { clock } = this.#context;
    const dueAt = clock.now() + delayMs;
    if (this.#timer !== undefined && this.#timer.dueAt <= dueAt) return;
    this.#clearTimer();
    this.#timer = { handle: clock.setTimeout(() => this.look(), delayMs), dueAt };
  }

  #clearTimer(): void {
    if (this.#timer !== undefined) this.#context.clock.clearTimeout(this.#timer.handle);
    this.#timer = undefined;
  }

  #watch(): FSWatcher | undefined {
    try {
      // Any name counts: a mounted Kubernetes ConfigMap changes by a link beside the file.
      const watcher = watch(dirname(this.#path), { persistent: false }, (_, name) => this.#changed(name));
      watcher.on("error", (error) => this.#unwatchable(error));
      return watcher;
    } catch (error) {
      // Without a folder the file is missing too, and that is what is told.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") this.#unwatchable(error as Error);
      return undefined;
    }
  }

  #changed(name: string | null): void {
    // Timestamps are coarse: of two quick writes the second one need not show.
    if (name === null || name === basename(this.#path)) this.#version = "";
    if (this.#looking) this.#lookAgain = true;
    else this.#lookIn(SETTLE_MS);
  }

  #unwatchable(error: Error): void {
    const { logger } = this.#context;
    logger.warn(
      { path: this.#path, error: error.message },
      `the folder cannot be watched; the file is looked at every ${this.#pollMs} ms`,
    );
  }
}
