/**
 * Layer 9, process. The logger: what the library and its user say about the work, in this process or
 * thread. Owns level and destinations; the start record carries level and the standard-error flag to
 * children, handlers stay where they were added.
 *
 * Who is silent costs one comparison: without a destination the threshold is infinite.
 *
 * @module
 */

import { runtime } from "../runtime/mod.ts";
import { show } from "../show.ts";
import { identity } from "./family.ts";
import { describeError } from "./report.ts";

/** Names of the levels. */
export type LogLevel =
  | "subdebug"
  | "debug"
  | "info"
  | "subwarning"
  | "warning"
  | "error"
  | "critical";

/** One message, as handlers get it. */
export interface LogRecord {
  /** How important it is: 10 debug, 20 info, 30 warning, 40 error, 50 critical. */
  readonly level: number;
  /** The level's name, such as `"INFO"`; `"Level 15"` for one that has none. */
  readonly levelName: string;
  /** What was said. */
  readonly message: string;
  /** The name of the process or thread that said it. */
  readonly processName: string;
  /** Id of the operating-system process. */
  readonly pid: number;
  /** When, in milliseconds since 1970. */
  readonly time: number;
}

/** Is called with each record, at once. */
export type LogHandler = (record: LogRecord) => void;

/** A message, or a function that makes it, which is called only if somebody gets to see it. */
export type LogMessage = string | (() => string);

const LEVELS: Readonly<Record<LogLevel, number>> = {
  subdebug: 5,
  debug: 10,
  info: 20,
  subwarning: 25,
  warning: 30,
  error: 40,
  critical: 50,
};
const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(LEVELS).map(([name, level]) => [level, name.toUpperCase()]),
);

/** What children inherit of the logger. */
export interface LogSettings {
  /** The least level that is not dropped. */
  readonly level: number;
  /** Whether messages go to standard error. */
  readonly toStderr: boolean;
}

let settings: LogSettings = { level: LEVELS.warning, toStderr: false };
const handlers = new Set<LogHandler>();
/** The level, or `Infinity` if nobody listens. */
let threshold = Infinity;

/** What a child that starts now is to inherit. */
export function logSettings(): LogSettings {
  return settings;
}

/** Takes settings over. In a child, those of its parent. */
export function settleLogging(changed: LogSettings): void {
  settings = changed;
  threshold = settings.toStderr || handlers.size > 0 ? settings.level : Infinity;
}

/**
 * Takes messages and hands those that are important enough to handlers, and to standard error if
 * {@link logToStderr} was called. There is one in each process and thread: {@link getLogger}.
 */
export class Logger {
  /**
   * The least level that is not dropped, as a number; 30, which is `"warning"`, at first. May be set to
   * a number or a name. Children that start later begin with it; those that run keep theirs.
   *
   * @throws {RangeError | TypeError} If it is set to something that is no level.
   */
  get level(): number {
    return settings.level;
  }
  set level(level: LogLevel | number) {
    const number = toLevel(level, "set the level of the logger to");
    settleLogging({ ...settings, level: number });
  }

  /** Whether messages of a level are important enough. */
  isEnabledFor(level: LogLevel | number): boolean {
    return toLevel(level, "look for level") >= settings.level;
  }

  /** Details for whoever looks for a fault: level 10. */
  debug(message: LogMessage): void {
    if (LEVELS.debug >= threshold) emit(LEVELS.debug, message);
  }

  /** What happens in the ordinary course of things: level 20. */
  info(message: LogMessage): void {
    if (LEVELS.info >= threshold) emit(LEVELS.info, message);
  }

  /** Something unexpected that the program gets over: level 30. */
  warning(message: LogMessage): void {
    if (LEVELS.warning >= threshold) emit(LEVELS.warning, message);
  }

  /** Something has failed: level 40. */
  error(message: LogMessage): void {
    if (LEVELS.error >= threshold) emit(LEVELS.error, message);
  }

  /** The program cannot go on: level 50. */
  critical(message: LogMessage): void {
    if (LEVELS.critical >= threshold) emit(LEVELS.critical, message);
  }

  /**
   * A message of any level, such as Python's 5 (`"subdebug"`) or 25 (`"subwarning"`).
   *
   * @throws {RangeError | TypeError} If it is no level.
   */
  log(level: LogLevel | number, message: LogMessage): void {
    const number = toLevel(level, "log at level");
    if (number >= threshold) emit(number, message);
  }

  /**
   * Has a function called with each record of this process or thread, not of its children. One that
   * throws is reported on standard error, and disturbs nothing else. Adding it twice does nothing.
   *
   * @throws {TypeError} If it is no function.
   */
  addHandler(handler: LogHandler): void {
    if (typeof handler !== "function") {
      throw new TypeError(
        `Cannot add ${show(handler)} as a log handler: give a function that takes a record`,
      );
    }
    handlers.add(handler);
    settleLogging(settings);
  }

  /** Has a function called no more. Does nothing if it was not added. */
  removeHandler(handler: LogHandler): void {
    handlers.delete(handler);
    settleLogging(settings);
  }
}

/** The logger of this process or thread. */
export const logger: Logger = new Logger();

/**
 * Returns the logger of this process or thread: the library tells it what it does, and your code may,
 * too. Nothing is shown before {@link logToStderr}, or before a handler is added.
 *
 * @example
 * ```ts
 * import { getLogger } from "@manycore/multiprocessing";
 *
 * const logger = getLogger();
 * logger.level = "info";
 * logger.addHandler(({ levelName, message }) => console.log(levelName, message));
 * logger.info("three files left"); // INFO three files left
 * logger.debug(() => "not shown, so this function is not called");
 * ```
 */
export function getLogger(): Logger {
  return logger;
}

/**
 * Shows what is logged on standard error, each message as a line `[LEVEL/ProcessName] message`: here,
 * and in all children that start from now on, and theirs. Calling it again changes the level only.
 *
 * @param level The least level that is shown, as a number or a name: `"debug"`, `"info"`, `"warning"`,
 * `"error"`, `"critical"`. Default: the logger's, which is `"warning"` at first.
 * @returns The logger.
 * @throws {RangeError | TypeError} If it is no level.
 *
 * @example
 * ```ts
 * import { logToStderr } from "@manycore/multiprocessing";
 *
 * logToStderr("info").info("hello"); // [INFO/MainProcess] hello
 * ```
 */
export function logToStderr(level?: LogLevel | number): Logger {
  if (level !== undefined) logger.level = level;
  settleLogging({ ...settings, toStderr: true });
  return logger;
}

function emit(level: number, message: LogMessage): void {
  const record = {
    level,
    levelName: NAMES.get(level) ?? `Level ${level}`,
    message: String(typeof message === "function" ? message() : message),
    processName: identity().name,
    pid: runtime.pid(),
    time: Date.now(),
  };
  if (settings.toStderr) {
    void runtime.writeError(`[${record.levelName}/${record.processName}] ${record.message}\n`);
  }
  for (const handler of [...handlers]) {
    try {
      handler(record);
    } catch (error) {
      void runtime.writeError(
        `A log handler in ${record.processName} has failed:\n${describeError(error)}\n`,
      );
    }
  }
}

function toLevel(level: unknown, action: string): number {
  if (typeof level === "number" && level >= 0) return level;
  if (typeof level === "string") {
    const name = level.toLowerCase();
    if (Object.hasOwn(LEVELS, name)) return LEVELS[name as LogLevel];
  }
  const text = `Cannot ${action} ${show(level)}: give a number from 0 on, or one of ` +
    Object.keys(LEVELS).join(", ");
  throw typeof level === "number" || typeof level === "string"
    ? new RangeError(text)
    : new TypeError(text);
}
