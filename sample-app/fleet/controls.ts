import { createInterface, emitKeypressEvents, type Key } from "node:readline";

/** What may be asked for while the fleet runs. */
export interface Commands {
  select(number: number): void;
  /** The one below the selected one, or above it. */
  move(by: 1 | -1): void;
  add(): void;
  /** The selected one, if no number is given. */
  kill(number?: number): void;
  pause(number?: number): void;
  restart(number?: number): void;
  /** Gives it more calls, or no more than the others again. */
  favour(number?: number): void;
  /** Kills it, or starts it again. */
  controlPlane(): void;
  quit(): void;
  /** Neither of these. */
  unknown(text: string): void;
}

/** Listens to the keys of a terminal, or to the lines of any other input. Returns what ends that. */
export function listenTo(input: NodeJS.ReadStream, commands: Commands): () => void {
  return input.isTTY ? listenToKeys(input, commands) : listenToLines(input, commands);
}

function listenToKeys(input: NodeJS.ReadStream, commands: Commands): () => void {
  emitKeypressEvents(input);
  input.setRawMode(true);
  const onKey = (text: string | undefined, { name, ctrl = false }: Key): void => {
    // In raw mode ctrl-C is a key like others.
    if (ctrl) {
      if (name === "c") commands.quit();
    } else if (/^[1-9]$/.test(text ?? "")) commands.select(Number(text));
    else if (name === "up") commands.move(-1);
    else if (name === "down") commands.move(1);
    else run(name ?? "", undefined, commands);
  };
  input.on("keypress", onKey);
  return () => {
    input.off("keypress", onKey);
    input.setRawMode(false);
    input.destroy();
  };
}

function listenToLines(input: NodeJS.ReadStream, commands: Commands): () => void {
  const lines = createInterface({ input, terminal: false });
  lines.on("line", (line) => {
    const [, letter, number] = /^\s*([a-z])\s*(\d+)?\s*$/i.exec(line) ?? [];
    const known =
      letter !== undefined && run(letter, number === undefined ? undefined : Number(number), commands);
    if (!known && line.trim() !== "") commands.unknown(line);
  });
  return () => {
    lines.close();
    input.destroy();
  };
}

/** Whether the letter means anything. */
function run(letter: string, number: number | undefined, commands: Commands): boolean {
  switch (letter.toLowerCase()) {
    case "a":
      commands.add();
      return true;
    case "k":
      commands.kill(number);
      return true;
    case "p":
      commands.pause(number);
      return true;
    case "r":
      commands.restart(number);
      return true;
    case "f":
      commands.favour(number);
      return true;
    case "c":
      commands.controlPlane();
      return true;
    case "q":
      commands.quit();
      return true;
    default:
      return false;
  }
}
