import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock, Logger } from "../../rpc/index.js";
import type { ServiceInstance } from "../instance.js";
import { DRAFT_ENDING, decodeEntry, ENTRY_ENDING, encodeEntry, isMissing } from "./folder-entry.js";

/** What has been over for this long, in milliseconds, belongs to nobody: a process that was stopped renews it earlier. */
const SWEEP_AFTER_MS = 60_000;

let drafts = 0;

/** The file of one instance: written, renewed every third of its life time, removed at the end. */
export class RenewedFile {
  readonly #path: string;
  readonly #instance: ServiceInstance;
  readonly #ttlMs: number;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #text = "";
  #timer: unknown;
  #writing: Promise<void> | undefined;
  #failing = false;
  #stopped = false;

  constructor(
    path: string,
    instance: ServiceInstance,
    { ttlS, clock, logger }: { readonly ttlS: number; readonly clock: Clock; readonly logger: Logger },
  ) {
    this.#path = path;
    this.#instance = instance;
    this.#ttlMs = ttlS * 1000;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Rejects if the file cannot be written. */
  async start(): Promise<void> {
    const writing = this.#write();
    this.#writing = writing.catch(() => undefined);
    await writing;
    this.#logger.info({ file: this.#path }, `registered ${this.#instance.address}`);
    this.#renewLater();
  }

  /** Removes the file, unless somebody else has written it since. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#clock.clearTimeout(this.#timer);
    await this.#writing;
    try {
      if ((await readFile(this.#path, "utf8")) === this.#text) await rm(this.#path, { force: true });
    } catch (error) {
      if (isMissing(error)) return;
      this.#logger.warn({ file: this.#path, err: error }, `${this.#path} could not be removed; it expires`);
    }
  }

  #renewLater(): void {
    if (this.#stopped) return;
    this.#timer = this.#clock.setTimeout(() => {
      this.#writing = this.#renew().finally(() => this.#renewLater());
    }, this.#ttlMs / 3);
  }

  async #renew(): Promise<void> {
    try {
      await this.#write();
      if (this.#failing) this.#logger.info({ file: this.#path }, `${this.#path} is renewed again`);
      this.#failing = false;
      await this.#sweep();
    } catch (error) {
      if (this.#failing) return;
      this.#failing = true;
      this.#logger.warn(
        { file: this.#path, err: error },
        `${this.#path} cannot be renewed now; it is tried again`,
      );
    }
  }

  /** Readers see the old file or the new one, never half of it. */
  async #write(): Promise<void> {
    const text = encodeEntry({ instance: this.#instance, expiresAt: this.#clock.now() + this.#ttlMs });
    const draft = `${this.#path}.${process.pid}.${++drafts}${DRAFT_ENDING}`;
    await mkdir(dirname(this.#path), { recursive: true });
    try {
      await writeFile(draft, text);
      await rename(draft, this.#path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    this.#text = text;
  }

  /** Removes what killed processes have left. */
  async #sweep(): Promise<void> {
    const folder = dirname(this.#path);
    const before = this.#clock.now() - SWEEP_AFTER_MS;
    for (const file of await readdir(folder)) {
      const path = join(folder, file);
      if (path === this.#path || !(await this.#isOver(path, before))) continue;
      await rm(path, { force: true });
      this.#logger.info({ file: path }, `removed ${path}, which nobody renews`);
    }
  }

  async #isOver(path: string, before: number): Promise<boolean> {
    try {
      if (path.endsWith(DRAFT_ENDING)) return (await stat(path)).mtimeMs < before;
      return path.endsWith(ENTRY_ENDING) && decodeEntry(await readFile(path, "utf8")).expiresAt < before;
    } catch (error) {
      // Gone meanwhile, or not ours: nothing to sweep.
      this.#logger.debug({ file: path, err: error }, `${path} is left alone`);
      return false;
    }
  }
}
