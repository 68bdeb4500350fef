import { type FSWatcher, watch } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, resolve as toAbsolute } from "node:path";
import { Observable, type Subscriber } from "rxjs";
import { type Clock, consoleLogger, type Logger, systemClock } from "../../rpc/index.js";

export interface FileWatchOptions {
  /**
   * How often the file is looked at even if the system reports no change, in milliseconds: network file systems and
   * targets of symbolic links do not report all. Default: 5,000.
   */
  readonly pollMs?: number;
  /** Emits when the file is to be looked at now. */
  readonly looks?: Observable<unknown>;
  /** Told when the folder cannot be watched. Default: the console. */
  readonly logger?: Logger;
  readonly clock?: Clock;
}

/** Writers take several steps; they get this long after each. */
const SETTLE_MS = 50;
/** How long the file may be missing or unreadable, as while it is replaced, before that is an error. */
const PATIENCE_MS = 1_000;

/**
 * What `toContent` makes of a file's text, now and whenever it changes. Fails when the file is missing or wrong for
 * longer than it takes to replace it; whoever subscribes again looks again.
 */
export function watchFile<T>(
  path: string,
  toContent: (text: string) => T,
  options: FileWatchOptions = {},
): Observable<T> {
  return new Observable((subscriber) => {
    const follower = new FileFollower(toAbsolute(path), toContent, options, subscriber);
    subscriber.add(() => follower.close());
    follower.look();
  });
}

/** Follows one file. The folder is watched, not the file: whoever replaces it leaves a watched file without a name. */
class FileFollower<T> {
  readonly #path: string;
  readonly #toContent: (text: string) => T;
  readonly #pollMs: number;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #subscriber: Subscriber<T>;
  readonly #watcher: FSWatcher | undefined;
  #timer: { readonly handle: unknown; readonly dueAt: number } | undefined;
  #looking = false;
  #lookAgain = false;
  /** Of the content that was read last: nothing is read while this stays. */
  #version = "";
  #text: string | undefined;
  #faultySince: number | undefined;
  #closed = false;

  constructor(
    path: string,
    toContent: (text: string) => T,
    { pollMs = 5_000, clock = systemClock, logger = consoleLogger, looks }: FileWatchOptions,
    subscriber: Subscriber<T>,
  ) {
    this.#path = path;
    this.#toContent = toContent;
    this.#pollMs = pollMs;
    this.#clock = clock;
    this.#logger = logger;
    this.#subscriber = subscriber;
    this.#watcher = this.#watch();
    if (looks !== undefined) subscriber.add(looks.subscribe(() => this.#lookIn(0)));
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
    const now = this.#clock.now();
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
    const stats = await stat(this.#path);
    if (stats.isDirectory()) throw new Error(`${this.#path} is a folder, not a file`);
    const { mtimeMs, size, ino } = stats;
    const version = `${mtimeMs} ${size} ${ino}`;
    if (version === this.#version || this.#closed) return;
    this.#version = version;
    const text = await readFile(this.#path, "utf8");
    if (text === this.#text || this.#closed) return;
    const content = this.#parse(text);
    this.#text = text;
    this.#subscriber.next(content);
  }

  #parse(text: string): T {
    try {
      return this.#toContent(text);
    } catch (cause) {
      throw new Error(`${this.#path}: ${(cause as Error).message}`, { cause });
    }
  }

  /** Looks after this time, or sooner if that was planned. */
  #lookIn(delayMs: number): void {
    if (this.#closed) return;
    const dueAt = this.#clock.now() + delayMs;
    if (this.#timer !== undefined && this.#timer.dueAt <= dueAt) return;
    this.#clearTimer();
    this.#timer = { handle: this.#clock.setTimeout(() => this.look(), delayMs), dueAt };
  }

  #clearTimer(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer.handle);
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
    this.#logger.warn(
      { path: this.#path, error: error.message },
      `the folder cannot be watched; the file is looked at every ${this.#pollMs} ms`,
    );
  }
}
