/** What the handlers of all contenders are made of: the same messages, the same sources, the same work. */
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { interval, mergeMap, Observable, range } from "rxjs";
import { protoPath as benchProtoPath } from "../payloads.js";
import { now, observations } from "./servers/control.js";

export const protoPath = join(dirname(benchProtoPath), "compare", "compare.proto");
export const packageName = "grebe.compare";

export interface Ask {
  way: string;
}

export interface Item {
  id: number;
  payload: Buffer;
}

export interface Table {
  byNumber: Record<string, string>;
  byFlag: Record<string, string>;
}

export const largeBytes = 20_000;
export const smallBytes = 1_000;
const pageLength = 5;
const pushesPerTick = 10;
/** So that a contender that nothing holds back does not take the machine's memory. */
const maxScanned = 20_000;

export function createItem(id: number, bytes = 10): Item {
  return { id, payload: Buffer.alloc(bytes, 1) };
}

/** A slow consumer's work on one item. */
export async function store(_item: Item): Promise<void> {
  await sleep(5);
  observations.processed += 1;
}

/** A cursor: reads the next page when it is asked for more, and stops when nobody asks. */
export async function* scan(): AsyncGenerator<Item> {
  while (observations.produced < maxScanned) {
    await sleep(1);
    for (let row = 0; row < pageLength; row++) {
      observations.produced += 1;
      yield createItem(observations.produced, largeBytes);
    }
  }
}

/** A feed: pushes about ten thousand items a second, whoever listens. */
export function watch(): Observable<Item> {
  return interval(1).pipe(
    mergeMap(() => range(0, pushesPerTick)),
    mergeMap(() => {
      observations.produced += 1;
      return [createItem(observations.produced, smallBytes)];
    }),
  );
}

export const slowMs = 1500;

/** One item after 1.5 seconds; notes when it was let go. */
export function work(): Observable<Item> {
  return new Observable((subscriber) => {
    const timer = setTimeout(() => {
      subscriber.next(createItem(1));
      subscriber.complete();
    }, slowMs);
    return () => {
      clearTimeout(timer);
      observations.releasedAtMs = now();
    };
  });
}

/** Notes the keys of the maps as a handler finds them. */
export function look(table: Table): Table {
  observations.keys = [...Object.keys(table.byNumber), ...Object.keys(table.byFlag)];
  return table;
}
