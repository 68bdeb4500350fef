import {
  coloured,
  formatBackends,
  formatControlPlane,
  formatCounters,
  formatLine,
  formatTotals,
  plain,
  type Report,
  wrap,
} from "./report.js";

/** Where a run is shown. */
export interface Screen {
  /** What stands above everything, once. */
  title(text: string): void;
  /** Once a second. */
  show(report: Report, selected: number): void;
  /** Something happened. */
  note(text: string): void;
  /** The last thing to be said: what came of everything. */
  end(report: Report, selected: number): void;
  /** Leaves the output as it should be for whoever comes next. */
  close(): void;
}

export function createScreen(output: NodeJS.WriteStream): Screen {
  return output.isTTY ? new TerminalScreen(output) : new LineScreen(output);
}

/** A line a second, and one for each thing that happens. */
class LineScreen implements Screen {
  readonly #output: NodeJS.WriteStream;

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  title(text: string): void {
    this.note(text);
  }
  show(report: Report): void {
    this.note(formatLine(report));
  }
  note(text: string): void {
    this.#output.write(`${text}\n`);
  }
  end(report: Report): void {
    this.note(formatTotals(report));
  }
  close(): void {}
}

const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const CLEAR_BELOW = "\u001b[J";
const CLEAR_ALL = "\u001b[H\u001b[J";
const TITLE_LINES = 2;
/** If the terminal has no more room, it has to do without the title. */
const MIN_NOTES = 2;
const MAX_NOTES = 6;

/** A table that is drawn over the last one, with the last notes below it. */
class TerminalScreen implements Screen {
  readonly #output: NodeJS.WriteStream;
  readonly #paint = process.env.NO_COLOR === undefined ? coloured : plain;
  readonly #notes: string[] = [];
  #title = "";
  #last: readonly [report: Report, selected: number] | undefined;
  #height = 0;

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
    output.write(HIDE_CURSOR);
    output.on("resize", this.#redraw);
  }

  title(text: string): void {
    this.#title = text;
    this.#writeTitle();
  }

  show(report: Report, selected: number): void {
    this.#last = [report, selected];
    this.#draw();
  }

  note(text: string): void {
    const time = new Date().toTimeString().slice(0, 8);
    this.#notes.push(...text.split("\n").map((line) => `${time}  ${line}`));
    this.#notes.splice(0, this.#notes.length - MAX_NOTES);
    this.#draw();
  }

  /** Keys mean nothing any more. */
  end(report: Report, selected: number): void {
    const { columns } = this.#size;
    this.#output.off("resize", this.#redraw);
    this.#write([...this.#table(report, selected, formatCounters(report, columns, this.#paint)), ""]);
    this.#output.write(`${formatTotals(report)}\n`);
  }

  close(): void {
    this.#output.off("resize", this.#redraw);
    this.#output.write(SHOW_CURSOR);
  }

  get #size(): { readonly columns: number; readonly rows: number } {
    const { columns = 80, rows = 24 } = this.#output;
    // The cursor stands in a line of its own, below everything.
    return { columns, rows: rows - 1 };
  }

  #writeTitle(): void {
    this.#output.write(`${this.#paint("bold", cut(this.#title, this.#size.columns))}\n\n`);
  }

  /** What stands there has been broken into other lines. */
  readonly #redraw = (): void => {
    this.#output.write(CLEAR_ALL);
    this.#height = 0;
    if (this.#title !== "") this.#writeTitle();
    this.#draw();
  };

  #draw(): void {
    const { columns, rows } = this.#size;
    let table: string[] = [];
    if (this.#last !== undefined) {
      const [report, selected] = this.#last;
      const keys = wrap(keysOf(report), columns).map((line) => this.#paint("dim", line));
      table = this.#table(report, selected, [...formatCounters(report, columns, this.#paint), ...keys]);
    }
    const left = rows - table.length - 1;
    const room = Math.max(left - TITLE_LINES, Math.min(left, MIN_NOTES), 0);
    const notes = room === 0 ? [] : this.#notes.slice(-room);
    const lines = notes.map((note) => this.#paint("dim", `  ${note}`));
    this.#write([...table, ...(table.length > 0 && lines.length > 0 ? [""] : []), ...lines]);
  }

  /** As many backends as the height has room for, the selected one among them. */
  #table(report: Report, selected: number, below: readonly string[]): string[] {
    const { columns, rows } = this.#size;
    const [header, ...backends] = formatBackends(report, selected, columns, this.#paint);
    // With the header and one of the backends; what is last matters least.
    const rest = [...formatControlPlane(report, this.#paint), ...below].slice(0, Math.max(0, rows - 2));
    const room = Math.max(1, rows - rest.length - 1);
    const first = Math.max(0, Math.min(selected - Math.ceil(room / 2), backends.length - room));
    const table = [header!, ...backends.slice(first, first + room)];
    return table.length + rest.length < rows ? [...table, "", ...rest] : [...table, ...rest];
  }

  /** Over what has been written last. */
  #write(lines: readonly string[]): void {
    const { columns } = this.#size;
    const back = this.#height === 0 ? "" : `\u001b[${this.#height}A`;
    // A line that wraps would take two, and the next drawing begin too low.
    this.#output.write(`${back}\r${CLEAR_BELOW}${lines.map((line) => `${cut(line, columns)}\n`).join("")}`);
    this.#height = lines.length;
  }
}

function keysOf({ controlPlane }: Report): string[] {
  const asking = ["f favours", "c kills the control plane, or starts it again"];
  return [
    ...["1–9, ↑, ↓ select", "a adds", "k kills", "p pauses, or lets go on", "r starts again"],
    ...(controlPlane === undefined ? [] : asking),
    "q quits",
  ];
}

/** Cuts a text to a width; colours have none. */
function cut(text: string, columns: number): string {
  let width = 0;
  let kept = "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are such.
  for (const part of text.split(/(\u001b\[\d+m)/)) {
    if (part.startsWith("\u001b")) kept += part;
    else {
      const piece = [...part].slice(0, Math.max(0, columns - width));
      width += piece.length;
      kept += piece.join("");
    }
  }
  return kept;
}
