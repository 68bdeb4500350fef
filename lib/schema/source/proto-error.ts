/** A place in a `.proto` file; lines and columns count from one. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What is wrong with a `.proto` file, and where. {@link loadSchema} turns it into a start-up error. */
export class ProtoError extends Error {
  override readonly name = "ProtoError";
  readonly file: string;
  readonly position: Position | undefined;

  constructor(file: string, position: Position | undefined, text: string) {
    super(
      position === undefined ? `${file}: ${text}` : `${file}:${position.line}:${position.column}: ${text}`,
    );
    this.file = file;
    this.position = position;
  }
}
