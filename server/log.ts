/**
 * The node's log: lines that a person can follow, or JSON for machines. It gets no message text and
 * no tokens; room names and peer ids only at `debug`.
 */
export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
export type LogLevel = typeof LOG_LEVELS[number];
export const LOG_FORMATS = ["text", "json"] as const;
export type LogFormat = typeof LOG_FORMATS[number];

export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

export interface Log {
  error(message: string, fields?: LogFields, cause?: unknown): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Takes one line without its newline. Default: stderr. */
  readonly write?: (line: string) => void;
  readonly now?: () => Date;
}

/** Returns a log that drops entries less urgent than `level`. */
export function createLog(options: LogOptions): Log {
  const write = options.write ?? ((line) => console.error(line));
  const now = options.now ?? (() => new Date());
  const format = options.format === "json" ? jsonLine : textLine;
  const at = (level: LogLevel) => {
    if (LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(options.level)) return () => {};
    return (message: string, fields: LogFields = {}, cause?: unknown) =>
      write(format({ time: now(), level, message, fields, cause }));
  };
  return { error: at("error"), warn: at("warn"), info: at("info"), debug: at("debug") };
}

/** A log that keeps nothing. */
export const silentLog: Log = { error() {}, warn() {}, info() {}, debug() {} };

interface Entry {
  readonly time: Date;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
  readonly cause: unknown;
}

function jsonLine({ time, level, message, fields, cause }: Entry): string {
  const line = { time: time.toISOString(), level, message, ...fields };
  return JSON.stringify(cause === undefined ? line : { ...line, cause: describeCause(cause) });
}

function textLine({ time, level, message, fields, cause }: Entry): string {
  const parts = [`${time.toISOString().slice(0, 19)}Z`, level.padEnd(5), message];
  for (const [key, value] of Object.entries(fields)) parts.push(`${key}=${quote(value)}`);
  if (cause !== undefined) parts.push(`\n  ${describeCause(cause).replaceAll("\n", "\n  ")}`);
  return parts.join(" ");
}

function quote(value: string | number | boolean | null): string {
  const text = String(value);
  return /^[\w.:/@[\]-]+$/.test(text) ? text : JSON.stringify(text);
}

function describeCause(cause: unknown): string {
  return cause instanceof Error ? cause.stack ?? cause.message : String(cause);
}
