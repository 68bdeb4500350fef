import { type FSWatcher, watch } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Observable, type Subscriber } from "rxjs";
import type { Endpoint } from "../../client/index.js";
import type { Clock, Logger } from "../../rpc/index.js";
import { encodeInstance, toEndpoint } from "../instance.js";
import { decodeEntry, ENTRY_ENDING, isMissing } from "./folder-entry.js";

/** How soon a change that nobody told is seen, in milliseconds: while the folder is watched, and while it cannot be. */
const WATCHED_INTERVAL_MS = 5000;
const UNWATCHED_INTERVAL_MS = 1000;
/** Several changes at once are read together. */
const SETTLE_MS = 20;

/**
 * The living instances in a service's folder by file, at first and after each change; it stays open. A folder that is
 * not there is empty. It fails only as long as the folder was never read.
 */
export function watchFolder(
  folder: string,
  context: { readonly clock: Clock; readonly logger: Logger },
): Observable<ReadonlyMap<string, Endpoint>> {
  return new Observable((subscriber) => {
    const folderWatch = new FolderWatch(folder, context, subscriber);
    subscriber.add(() => folderWatch.stop());
    folderWatch.look();
  });
}

class FolderWatch {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #subscriber: Subscriber<ReadonlyMap<string, Endpoint>>;
  #watcher: { readonly handle: FSWatcher; readonly inode: number } | undefined;
  #timer: unknown;
  /** Whether the timer is for a change that was told. */
  #settling = false;
  #looking = false;
  #lookAgain = false;
  #stopped = false;
  /** What was emitted last, as text that leaves expiry out. */
  #emitted: string | undefined;
  /** Files that the log has told of, with their texts. */
  readonly #unreadable = new Map<string, string>();
  #failing = false;

  constructor(
    folder: string,
    { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
    subscriber: Subscriber<ReadonlyMap<string, Endpoint>>,
  ) {
    this.#folder = folder;
    this.#clock = clock;
    this.#logger = logger;
    this.#subscriber = subscriber;
  }

  stop(): void {
    this.#stopped = true;
    this.#clock.clearTimeout(this.#timer);
    this.#unwatch();
  }

  /** Reads the folder; once more if it is being read. */
  look(): void {
    if (this.#stopped) return;
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = true;
    void this.#look().finally(() => {
      this.#looking = false;
      if (this.#lookAgain) {
        this.#lookAgain = false;
        this.look();
      }
    });
  }

  async #look(): Promise<void> {
    this.#clock.clearTimeout(this.#timer);
    this.#settling = false;
    let nextExpiry = Number.POSITIVE_INFINITY;
    try {
      await this.#keepWatching();
      const found = await this.#read();
      if (this.#stopped) return;
      nextExpiry = found.nextExpiry;
      this.#failing = false;
      if (found.text !== this.#emitted) {
        this.#emitted = found.text;
        this.#subscriber.next(found.endpoints);
      }
    } catch (error) {
      if (this.#stopped) return;
      if (this.#emitted === undefined) {
        this.#subscriber.error(error);
        return;
      }
      if (!this.#failing) {
        this.#failing = true;
        this.#logger.warn(
          { folder: this.#folder, err: error },
          `${this.#folder} cannot be read; what is known is kept`,
        );
      }
    }
    if (this.#stopped) return;
    const interval = this.#watcher === undefined ? UNWATCHED_INTERVAL_MS : WATCHED_INTERVAL_MS;
    this.#lookIn(Math.min(interval, Math.max(0, nextExpiry - this.#clock.now())));
  }

  #settle(): void {
    if (this.#settling) return;
    this.#lookIn(SETTLE_MS);
    this.#settling = true;
  }

  #lookIn(delayMs: number): void {
    this.#clock.clearTimeout(this.#timer);
    this.#settling = false;
    this.#timer = this.#clock.setTimeout(() => this.look(), delayMs);
  }

  /** Watches the folder that is there now: it may have come, gone, or be another one. */
  async #keepWatching(): Promise<void> {
    const inode = await stat(this.#folder).then(
      ({ ino }) => ino,
      (error: unknown) => {
        if (!isMissing(error)) throw error;
        return undefined;
      },
    );
    if (this.#stopped || inode === this.#watcher?.inode) return;
    this.#unwatch();
    if (inode === undefined) return;
    try {
      const handle = watch(this.#folder, () => this.#settle());
      handle.on("error", () => this.#unwatch());
      this.#watcher = { handle, inode };
    } catch (error) {
      // Out of watches, or gone again: it is read at intervals all the same.
      this.#logger.debug({ folder: this.#folder, err: error }, `${this.#folder} cannot be watched`);
    }
  }

  #unwatch(): void {
    this.#watcher?.handle.close();
    this.#watcher = undefined;
  }

  async #read() {
    const now = this.#clock.now();
    const endpoints = new Map<string, Endpoint>();
    const texts: string[] = [];
    let nextExpiry = Number.POSITIVE_INFINITY;
    for (const file of await this.#files()) {
      const text = await readFile(join(this.#folder, file), "utf8").catch((error: unknown) => {
        // Removed meanwhile.
        if (!isMissing(error)) this.#tell(file, "", error);
        return undefined;
      });
      if (text === undefined) continue;
      try {
        const { instance, expiresAt } = decodeEntry(text);
        if (expiresAt <= now) continue;
        endpoints.set(file, toEndpoint(instance));
        texts.push(file, encodeInstance(instance));
        nextExpiry = Math.min(nextExpiry, expiresAt);
        this.#unreadable.delete(file);
      } catch (error) {
        this.#tell(file, text, error);
      }
    }
    return { endpoints, text: texts.join("\n"), nextExpiry };
  }

  async #files(): Promise<string[]> {
    try {
      return (await readdir(this.#folder)).filter((file) => file.endsWith(ENTRY_ENDING)).sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  /** Once for each text of a file. */
  #tell(file: string, text: string, error: unknown): void {
    if (this.#unreadable.get(file) === text) return;
    this.#unreadable.set(file, text);
    this.#logger.warn(
      { folder: this.#folder, file, err: error },
      `${join(this.#folder, file)} is left out: ${(error as Error).message}`,
    );
  }
}
