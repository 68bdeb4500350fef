/** Small things that tests of the answering side share. */
import assert from "node:assert/strict";
import { after } from "node:test";
import type { Logger } from "../../lib/rpc/index.js";
import { countResources, expectNoLeaks } from "../../lib/testing/index.js";

const atStart = countResources();
const rejections: unknown[] = [];
process.on("unhandledRejection", (reason) => rejections.push(reason));

/**
 * Say it behind all hooks of a test file, which run in the order they are written: at the end nothing is left open,
 * and no promise was rejected unheard.
 */
export function checkAtEnd(): void {
  after(async () => {
    await expectNoLeaks(atStart);
    assert.deepEqual(rejections, []);
  });
}

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets turns of the event loop pass until something is true; fails when that takes seconds. */
export async function until(isTrue: () => boolean, what: string): Promise<void> {
  const giveUpAt = performance.now() + 5000;
  while (!isTrue()) {
    if (performance.now() > giveUpAt) assert.fail(`waited in vain until ${what}`);
    await turn();
  }
}

/** Lets turns pass until a count has not changed for a good number of them. */
export async function settled(count: () => number): Promise<number> {
  let last = count();
  let quiet = performance.now();
  while (performance.now() - quiet < 80) {
    await turn();
    if (count() !== last) {
      last = count();
      quiet = performance.now();
    }
  }
  return last;
}

export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

/** A logger that keeps its lines. */
export function recordingLogger(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: LogLine["level"]) =>
    (fields: object, message: string): void =>
      void lines.push({ level, fields: fields as Record<string, unknown>, message });
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** A promise and what settles it. */
export function deferred<T = void>(): {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
} {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
