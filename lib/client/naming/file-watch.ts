import { type FSWatcher, watch } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, resolve as toAbsolute } from "node:path";
import { Observable, type Subscriber } from "rxjs";
import { type Clock, consoleLogger, type Logger, MAX_TIMER_MS, systemClock } from "../../rpc/index.js";

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
 * longer than it takes to replace it; whoever subscribes again looks again. Throws an Error for a time that cannot be
 * waited.
 */
export function watchFile<T>(
  path: string,
  toContent: (text: string) => T,
  options: FileWatchOptions = {},
): Observable<T> {
  const { pollMs = 1 } = options;
  if (!(pollMs >= 1 && pollMs <= MAX_TIMER_MS)) {
    throw new RangeError(`pollMs must be a number of milliseconds from 1 to ${MAX_TIMER_MS}, got ${pollMs}`);
  }
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
  #watcher: FSWatcher | undefined;
  /** Tells the folder that is watched from one that has taken its name. */
  #folder = "";
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
    // First: what changes after this is reported.
    await this.#watchFolder();
    if (this.#closed) return;
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

  /** A folder that was replaced, or a link that leads to another one now, leaves the watcher where it was. */
  async #watchFolder(): Promise<void> {
    const folder = dirname(this.#path);
    // Without a folder the file is missing too, and that is what is told.
    const stats = await stat(folder).catch(() => undefined);
    // Numbers of folders that were removed are given to others.
    const found = stats === undefined ? "" : `${stats.dev} ${stats.ino} ${stats.birthtimeMs}`;
    if (this.#closed || found === this.#folder) return;
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#folder = found;
    if (stats === undefined) return;
    try {
      // Any name counts: a mounted Kubernetes ConfigMap changes by a link beside the file.
      this.#watcher = watch(folder, { persistent: false }, (_, name) => this.#changed(name));
      this.#watcher.on("error", (error) => this.#unwatchable(error));
    } catch (error) {
      // Looked at again when it is there again.
      if ((error as NodeJS.ErrnoException).code === "ENOENT") this.#folder = "";
      else this.#unwatchable(error as Error);
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
