/** Where log lines go: fields and a message, as pino takes them. A pino logger fits as it is. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

function write(level: "debug" | "info" | "warn" | "error") {
  return (fields: object, message: string): void => {
    if (Object.keys(fields).length === 0) console[level](message);
    else console[level](message, fields);
  };
}

/** Writes to the console. */
export const consoleLogger: Logger = {
  debug: write("debug"),
  info: write("info"),
  warn: write("warn"),
  error: write("error"),
};

/** Writes nothing. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
