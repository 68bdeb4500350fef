/** What a run of the fleet counts, draws in a terminal, and hears from its keys. */
import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { describe, test } from "node:test";
import { StatusCode } from "grebe";
import { type Commands, listenTo } from "../../sample-app/fleet/controls.js";
import { formatLine, formatTotals, type Report } from "../../sample-app/fleet/report.js";
import { createScreen } from "../../sample-app/fleet/screen.js";
import { Tally } from "../../sample-app/fleet/tally.js";

function tallied(): Tally {
  const tally = new Tally();
  for (let ms = 1; ms <= 98; ms++) tally.answered(ms % 2 === 0 ? "127.0.0.1:1" : "127.0.0.1:2", ms);
  tally.failed(StatusCode.UNAVAILABLE, 500);
  tally.failed(StatusCode.DEADLINE_EXCEEDED, 5000);
  return tally;
}

function reportOf(tally: Tally): Report {
  return {
    second: 7,
    backends: [
      {
        number: 1,
        pid: 100,
        address: "127.0.0.1:1",
        state: "serving",
        connection: "READY",
        isFavourite: false,
      },
      {
        number: 2,
        pid: 101,
        address: "127.0.0.1:2",
        state: "paused",
        connection: "CONNECTING",
        isFavourite: true,
      },
      {
        number: 3,
        pid: 102,
        address: undefined,
        state: "starting",
        connection: undefined,
        isFavourite: false,
      },
    ],
    controlPlane: undefined,
    period: tally.take(),
    totals: tally.totals,
    inFlight: 4,
    found: 2,
  };
}

test("a tally has shares, failures and percentiles of the time since it was asked last", () => {
  const tally = tallied();
  const { calls, failures, byPeer, p50Ms, p99Ms } = tally.take();
  assert.deepEqual({ calls, failures, p50Ms, p99Ms }, { calls: 100, failures: 2, p50Ms: 50, p99Ms: 500 });
  assert.deepEqual([...byPeer.values()], [49, 49]);
  assert.deepEqual(tally.take(), { calls: 0, failures: 0, byPeer: new Map(), p50Ms: 0, p99Ms: 0 });
  assert.equal(tally.totals.calls, 100);
});

test("in a pipe a second is a line, and the end a sum", () => {
  const report = reportOf(tallied());
  assert.equal(
    formatLine(report),
    "   7 s   100 calls  1:   49  49.0 %  2:   49  49.0 % paused  3:    0   0.0 % starting  failed 2 (2)  p99 500 ms",
  );
  assert.equal(
    formatTotals(report),
    "100 calls, failed 1 UNAVAILABLE, 1 DEADLINE_EXCEEDED; by backend 1: 49 (49.0 %), 2: 49 (49.0 %), 3: 0 (0.0 %)",
  );
});

describe("in a terminal", () => {
  /** What stands on the screen when all that was written has been carried out; and how wide it has become. */
  class Terminal {
    isTTY = true;
    readonly columns: number;
    readonly rows: number;
    resized: (() => void) | undefined;
    text = "";
    readonly lines: string[] = [""];

    constructor(columns: number, rows: number) {
      this.columns = columns;
      this.rows = rows;
    }

    on(_event: "resize", listener: () => void): void {
      this.resized = listener;
    }
    off(): void {
      this.resized = undefined;
    }

    write(text: string): void {
      this.text += text;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the terminal's own language.
      for (const [part] of text.matchAll(/\u001b\[\??\d*[a-zA-Z]|\n|\r|[^\u001b\n\r]+/g)) {
        if (part.startsWith("\u001b") && part.endsWith("A")) {
          this.#row -= Number(part.slice(2, -1));
          // What has left the screen upwards is out of reach.
          assert.ok(this.#row >= 0 && this.lines.length - this.#row <= this.rows, "above the top");
        } else if (part === "\u001b[H") this.#row = 0;
        else if (part === "\u001b[J") this.lines.splice(this.#row, Number.POSITIVE_INFINITY, "");
        else if (part === "\n") {
          this.#row += 1;
          this.lines[this.#row] ??= "";
        } else if (!part.startsWith("\u001b") && part !== "\r") this.lines[this.#row] += part;
      }
    }
    #row = 0;
  }

  function screenOf(columns: number, rows = 24) {
    const terminal = new Terminal(columns, rows);
    return { terminal, screen: createScreen(terminal as unknown as NodeJS.WriteStream) };
  }

  test("the table is drawn over the last one, notes stay below it, the newest ones only", () => {
    const { terminal, screen } = screenOf(120);
    screen.title("Atlas fleet");
    screen.note("begun");
    screen.show(reportOf(tallied()), 1);
    screen.show(reportOf(tallied()), 2);
    for (let i = 1; i <= 10; i++) screen.note(`note ${i}`);
    screen.close();
    const shown = terminal.lines.map((line) => line.trimEnd());
    assert.equal(shown[0], "Atlas fleet");
    assert.equal(shown.filter((line) => line.includes("calls/s")).length, 1);
    assert.match(shown[3]!, /^ {2}1 {4}127\.0\.0\.1:1 +100 +serving +49 +49\.0 % {2}READY +█{15}$/);
    assert.match(shown[4]!, /^› 2 ★ {2}127\.0\.0\.1:2 +101 +paused +49 +49\.0 % {2}CONNECTING/);
    assert.match(shown[5]!, /^ {2}3 +102 +starting +0 +0\.0 % {2}–$/);
    assert.match(
      shown.join("\n"),
      /100 calls · 2 failed .* · p50 50 ms · p99 500 ms · 4 in flight\n {2}registry: 2 found\n/,
    );
    const notes = shown.filter((line) => line.includes("note ")).map((line) => line.replace(/^.*note /, ""));
    assert.deepEqual(notes, ["5", "6", "7", "8", "9", "10"]);
    // The cursor is back.
    assert.ok(terminal.text.endsWith("\u001b[?25h"));
  });

  test("no line is wider than the terminal", () => {
    const { terminal, screen } = screenOf(40);
    screen.title("Atlas fleet");
    screen.show(reportOf(tallied()), 1);
    screen.note("x".repeat(200));
    const widths = terminal.lines.map((line) => [...line].length);
    assert.equal(Math.max(...widths), 40);
  });

  const controlPlane = { pid: 99, address: "127.0.0.1:9", state: "serving" } as const;

  for (const [columns, rows] of [
    [80, 24],
    [60, 12],
    [40, 8],
  ] as const) {
    test(`everything of importance fits ${columns} columns and ${rows} rows`, () => {
      const { terminal, screen } = screenOf(columns, rows);
      const report: Report = { ...reportOf(tallied()), controlPlane };
      const many = Array.from({ length: 20 }, (_, index) => ({ ...report.backends[0]!, number: index + 1 }));
      screen.title("Atlas fleet");
      for (let i = 1; i <= 10; i++) screen.note(`note ${i}`);
      screen.show(report, 2);
      const text = terminal.lines.join("\n");
      for (const part of ["› 2 ★", "control plane", "registry: 2 found", "f favours", "q quits"]) {
        assert.ok(rows === 8 || text.includes(part), `${part} is missing:\n${text}`);
      }
      assert.ok(rows < 24 || text.includes("note 10"), text);
      // The selected one is always there; the terminal checks the height.
      for (const selected of [1, 11, 20]) {
        screen.show({ ...report, backends: many }, selected);
        assert.ok(terminal.lines.some((line) => line.startsWith(`› ${selected} `)));
      }
    });
  }

  test("without a control plane there are no keys for it", () => {
    const { terminal, screen } = screenOf(80);
    screen.show(reportOf(tallied()), 1);
    assert.doesNotMatch(terminal.lines.join("\n"), /favours|control plane/);
  });

  test("another size draws it anew, and the end has the sum and no keys", () => {
    const { terminal, screen } = screenOf(80);
    screen.title("Atlas fleet");
    screen.show(reportOf(tallied()), 1);
    terminal.resized!();
    assert.equal(terminal.lines[0], "Atlas fleet");
    assert.equal(terminal.lines.filter((line) => line.includes("calls/s")).length, 1);
    screen.end(reportOf(tallied()), 1);
    screen.close();
    assert.equal(terminal.resized, undefined);
    const text = terminal.lines.join("\n");
    assert.doesNotMatch(text, /quits/);
    assert.match(text, /\n\n100 calls, failed 1 UNAVAILABLE, 1 DEADLINE_EXCEEDED; by backend 1: 49 .*\n/);
  });
});

describe("commands", () => {
  function recorder(): { readonly heard: string[]; readonly commands: Commands } {
    const heard: string[] = [];
    const note = (name: string) => (value?: number | string) =>
      void heard.push(value === undefined ? name : `${name} ${value}`);
    const commands = {
      ...{ select: note("select"), add: note("add"), kill: note("kill"), pause: note("pause") },
      ...{ restart: note("restart"), favour: note("favour"), quit: note("quit"), unknown: note("unknown") },
      ...{ move: note("move"), controlPlane: note("control plane") },
    };
    return { heard, commands };
  }

  function inputOf(isTTY: boolean) {
    const modes: boolean[] = [];
    const input = Object.assign(new PassThrough(), {
      isTTY,
      setRawMode: (mode: boolean) => modes.push(mode),
    });
    return { input, modes, stream: input as unknown as NodeJS.ReadStream };
  }

  const turn = () => new Promise((resolve) => setImmediate(resolve));

  test("are keys in a terminal, which is as before when they end", async () => {
    const { heard, commands } = recorder();
    const { input, modes, stream } = inputOf(true);
    const stop = listenTo(stream, commands);
    input.write("2kpArf9x0cq\u0003\u001a\u001b[A\u001b[B");
    await turn();
    assert.deepEqual(heard, [
      ...["select 2", "kill", "pause", "add", "restart", "favour", "select 9"],
      ...["control plane", "quit", "quit", "move -1", "move 1"],
    ]);
    stop();
    assert.deepEqual(modes, [true, false]);
    assert.ok(input.destroyed);
  });

  test("are lines elsewhere, with a number", async () => {
    const { heard, commands } = recorder();
    const { input, stream } = inputOf(false);
    const stop = listenTo(stream, commands);
    input.write("a\nk 2\n P3 \n\nkill it\nr 12\nf 1\nc\n");
    await turn();
    assert.deepEqual(heard, [
      "add",
      "kill 2",
      "pause 3",
      "unknown kill it",
      "restart 12",
      "favour 1",
      "control plane",
    ]);
    // The end of the input ends nothing.
    input.end();
    await turn();
    assert.equal(heard.length, 7);
    stop();
  });
});
