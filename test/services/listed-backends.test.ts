import assert from "node:assert/strict";
import { test } from "node:test";
import { BehaviorSubject, type Observable, Subject, throwError } from "rxjs";
import type { Endpoint, Resolution } from "../../lib/client/index.js";
import {
  type ListedBackendsOptions,
  listedBackends,
} from "../../lib/services/load-balancer/listed-backends.js";
import { ManualClock } from "../client/doubles.js";
import { recordingLogger } from "../server/support.js";

const endpoint = (host: string, port: number, more: Partial<Endpoint> = {}): Endpoint => ({
  addresses: [{ host, port }],
  ...more,
});

/** The backends of a registry, with a DNS whose answers the test gives. */
class Listing {
  readonly clock = new ManualClock();
  readonly logger = recordingLogger();
  readonly registry = new Subject<readonly Endpoint[]>();
  readonly lists: string[] = [];
  /** Of each host that is looked up. */
  readonly dns = new Map<string, Observable<Resolution>>();
  readonly asked: string[] = [];
  readonly #subscription;

  constructor(more: Partial<ListedBackendsOptions> = {}) {
    const watchName = (target: string): Observable<Resolution> => {
      this.asked.push(target);
      return this.#answersOf(target);
    };
    const surroundings = { clock: this.clock, logger: this.logger, watchName };
    const options = { token: undefined, weighted: true, ...surroundings, ...more };
    this.#subscription = this.registry.pipe(listedBackends(options)).subscribe((backends) => {
      this.lists.push(backends.map(({ host, port, weight = 1 }) => `${host}:${port}*${weight}`).join(" "));
    });
  }

  answer(host: string, ...addresses: string[]): void {
    const answers = this.#answersOf(`dns:///${host}`) as Subject<Resolution>;
    answers.next({ endpoints: addresses.map((address) => endpoint(address, Number(host.split(":")[1]))) });
  }

  get warnings() {
    return this.logger.lines.filter(({ level }) => level === "warn").map(({ fields }) => fields);
  }

  stop(): void {
    this.#subscription.unsubscribe();
    assert.equal(this.clock.pending, 0);
  }

  #answersOf(target: string): Observable<Resolution> {
    const answers = this.dns.get(target) ?? new Subject<Resolution>();
    this.dns.set(target, answers);
    return answers;
  }
}

test("what clients cannot be told of is left out, and in the log once; the rest is served", () => {
  const bad = [
    endpoint("10.0.0.2", 2, { weight: 0 }),
    endpoint("10.0.0.3", 3, { weight: Number.NaN }),
    endpoint("10.0.0.4", 4, { lbToken: "x".repeat(51) }),
    endpoint("10.0.0.5", 70_000),
    { addresses: [{ path: "/run/x.sock" }] },
  ];
  const listing = new Listing();
  listing.registry.next([endpoint("10.0.0.1", 1, { weight: 3 }), ...bad]);
  listing.registry.next([...bad, endpoint("10.0.0.1", 1)]);
  assert.deepEqual(listing.lists, ["10.0.0.1:1*3", "10.0.0.1:1*1"]);
  assert.deepEqual(
    listing.warnings.map(({ addresses }) => String(addresses)),
    ["10.0.0.2:2", "10.0.0.3:3", "10.0.0.4:4", "10.0.0.5:70000", "unix:/run/x.sock"],
  );
  assert.match(String(listing.warnings[0]!.fault), /weight of 10\.0\.0\.2:2 must be above 0, got 0/);
  listing.registry.next([endpoint("10.0.0.2", 2)]);
  listing.registry.next([endpoint("10.0.0.2", 2, { weight: 0 })]);
  assert.equal(listing.warnings.length, 6);
  assert.deepEqual(listing.lists.slice(2), ["10.0.0.2:2*1", ""]);
  listing.stop();
});

test("where the registry's weights do not count, a wrong one harms nobody", () => {
  const listing = new Listing({ weighted: false });
  listing.registry.next([endpoint("10.0.0.2", 2, { weight: 0 })]);
  assert.deepEqual([listing.lists, listing.warnings], [["10.0.0.2:2*1"], []]);
  listing.stop();
});

test("a token function that throws, or gives no text, costs its own backend only", () => {
  const token = ({ zone }: Endpoint): string => {
    if (zone === undefined) throw new Error("no zone");
    return zone === "odd" ? (7 as unknown as string) : zone;
  };
  const listing = new Listing({ token });
  listing.registry.next([
    endpoint("10.0.0.1", 1),
    endpoint("10.0.0.2", 2, { zone: "odd" }),
    endpoint("10.0.0.3", 3, { zone: "a" }),
  ]);
  assert.deepEqual(listing.lists, ["10.0.0.3:3*1"]);
  assert.match(String(listing.warnings[0]!.fault), /its token function threw Error: no zone/);
  assert.match(String(listing.warnings[1]!.fault), /the token of 10\.0\.0\.2:2 must be .*got 7/);
  listing.stop();
});

test("a host that is slow to be found holds a list back for a moment only", () => {
  const listing = new Listing();
  listing.registry.next([endpoint("10.0.0.1", 1)]);
  listing.registry.next([endpoint("10.0.0.2", 2), endpoint("slow", 3), endpoint("quick", 4)]);
  listing.answer("quick:4", "10.0.0.4");
  assert.deepEqual(listing.lists, ["10.0.0.1:1*1"]);
  listing.clock.advance(500);
  assert.equal(listing.lists.at(-1), "10.0.0.2:2*1 10.0.0.4:4*1");
  // It is late already: further changes come at once.
  listing.registry.next([endpoint("10.0.0.5", 5), endpoint("slow", 3)]);
  assert.equal(listing.lists.at(-1), "10.0.0.5:5*1");
  listing.answer("slow:3", "10.0.1.1", "10.0.1.2");
  assert.equal(listing.lists.at(-1), "10.0.0.5:5*1 10.0.1.1:3*1 10.0.1.2:3*1");
  assert.equal(listing.lists.length, 4);
  listing.stop();
});

test("hosts that answer soon are all in the first list; that there is nobody is said only when it is known", () => {
  const listing = new Listing();
  listing.registry.next([endpoint("a", 1), endpoint("b", 2)]);
  listing.answer("b:2", "10.0.0.2");
  assert.deepEqual(listing.lists, []);
  listing.answer("a:1", "10.0.0.1");
  assert.deepEqual(listing.lists, ["10.0.0.1:1*1 10.0.0.2:2*1"]);
  listing.registry.next([endpoint("c", 3)]);
  listing.clock.advance(60_000);
  assert.equal(listing.lists.length, 1);
  listing.dns.set(
    "dns:///d:4",
    throwError(() => new Error("no such host")),
  );
  listing.registry.next([endpoint("d", 4)]);
  assert.deepEqual(listing.lists.slice(1), [""]);
  listing.stop();
});

test("a look-up goes on from list to list, and ends with the last list that has its host", () => {
  const listing = new Listing();
  const a = new BehaviorSubject<Resolution>({ endpoints: [endpoint("10.0.0.1", 1)] });
  listing.dns.set("dns:///a:1", a);
  for (let i = 2; i < 5; i++) listing.registry.next([endpoint("a", 1), endpoint(`10.0.0.${i}`, i)]);
  assert.deepEqual(listing.asked, ["dns:///a:1"]);
  assert.equal(listing.lists.at(-1), "10.0.0.1:1*1 10.0.0.4:4*1");
  a.next({ endpoints: [endpoint("10.0.0.1", 1)] });
  assert.equal(listing.lists.length, 3);
  listing.registry.next([endpoint("10.0.0.9", 9)]);
  assert.equal(a.observed, false);
  listing.stop();
});

test("a host that is not found is asked for again, and in the log once", () => {
  const listing = new Listing();
  listing.dns.set(
    "dns:///a:1",
    throwError(() => new Error("no such host")),
  );
  listing.registry.next([endpoint("a", 1), endpoint("10.0.0.2", 2)]);
  assert.deepEqual(listing.lists, ["10.0.0.2:2*1"]);
  listing.clock.advance(20_000);
  assert.deepEqual([listing.lists.length, listing.warnings.length], [1, 1]);
  assert.equal(listing.warnings[0]!.host, "a:1");
  listing.stop();
});
