import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** Styled on a terminal, plain in a file or with NO_COLOR. */
export function style(look: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  const plain = !stream.isTTY || (process.env.NO_COLOR ?? "") !== "";
  return plain ? text : styleText(look, text);
}

/** `BAD_PROTO  what, where, what to do`, further lines indented. */
export function formatFailure(code: string, message: string): string {
  const [first, ...rest] = message.split("\n");
  const indent = " ".repeat(code.length + 2);
  return [`${style("red", code, process.stderr)}  ${first}`, ...rest.map((line) => indent + line)].join("\n");
}
