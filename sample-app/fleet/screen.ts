import { coloured, formatLine, formatTable, plain, type Report } from "./report.js";

/** Where a run is shown. */
export interface Screen {
  /** What stands above everything, once. */
  title(text: string): void;
  /** Once a second. */
  show(report: Report, selected: number): void;
  /** Something happened. */
  note(text: string): void;
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
  close(): void {}
}

const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const CLEAR_BELOW = "\u001b[J";
const NOTES = 6;
const HINT =
  "  1–9 selects · a adds · k kills · p pauses, or lets go on · r starts again · f favours · q quits";

/** A table that is drawn over the last one, with the last notes below it. */
class TerminalScreen implements Screen {
  readonly #output: NodeJS.WriteStream;
  readonly #paint = process.env.NO_COLOR === undefined ? coloured : plain;
  readonly #notes: string[] = [];
  #last: readonly [report: Report, selected: number] | undefined;
  #height = 0;

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
    output.write(HIDE_CURSOR);
  }

  title(text: string): void {
    this.#output.write(`${this.#paint("bold", text)}\n\n`);
  }

  show(report: Report, selected: number): void {
    this.#last = [report, selected];
    this.#draw();
  }

  note(text: string): void {
    const time = new Date().toTimeString().slice(0, 8);
    this.#notes.push(...text.split("\n").map((line) => `${time}  ${line}`));
    this.#notes.splice(0, this.#notes.length - NOTES);
    this.#draw();
  }

  #draw(): void {
    const table =
      this.#last === undefined
        ? []
        : [...formatTable(...this.#last, this.#paint), this.#paint("dim", HINT), ""];
    const lines = [...table, ...this.#notes.map((note) => this.#paint("dim", `  ${note}`))];
    // A line that wraps would take two, and the next drawing begin too low.
    const { columns = 80 } = this.#output;
    const back = this.#height === 0 ? "" : `\u001b[${this.#height}A`;
    this.#output.write(`${back}\r${CLEAR_BELOW}${lines.map((line) => `${cut(line, columns)}\n`).join("")}`);
    this.#height = lines.length;
  }

  close(): void {
    this.#output.write(SHOW_CURSOR);
  }
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
