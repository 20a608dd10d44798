/**
 * Layer 10, pool. The names of all options, and checks of numbers among them. Owns the words in which
 * these are refused.
 *
 * @module
 */

import { LAUNCH_OPTIONS } from "../process/option_names.ts";
import type { OptionNames } from "../process/option_names.ts";
import { numberHint, show } from "../show.ts";

/** Checks a whole number. */
export function checkCount(
  action: string,
  option: string,
  value: unknown,
  minimum: number,
): number {
  const number = checkNumber(action, option, value);
  if (!Number.isSafeInteger(number) || number < minimum) {
    throw new RangeError(
      `Cannot ${action} with ${option} ${number}: give a whole number from ${minimum} up`,
    );
  }
  return number;
}

const TASK = ["timeout", "signal", "retries", "grace", "onReport"];
const CALLBACKS = ["callback", "errorCallback"];

/** What `apply` and `applyAsync` take. */
export const APPLY_OPTIONS: OptionNames = new Set([...TASK, "priority", "transfer", ...CALLBACKS]);

/** What `map`, `starmap` and their asynchronous forms take. */
export const MAP_OPTIONS: OptionNames = new Set(
  [...TASK, "chunkSize", "settle", "onProgress", "progress", ...CALLBACKS],
);

/** What `imap` and `imapUnordered` take. */
export const IMAP_OPTIONS: OptionNames = new Set([...TASK, "chunkSize", "buffer", "settle"]);

/** What a pool takes. */
export const POOL_OPTIONS: OptionNames = new Set([
  ...["processes", "initializer", "initArgs", "maxTasksPerChild", "warm", "name"],
  ...["trace", "traceLimit", ...LAUNCH_OPTIONS],
]);

/** Checks a whole number from 1 up that may be left out: then `null`. */
export function checkOptional(action: string, option: string, value: unknown): number | null {
  return value === undefined ? null : checkCount(action, option, value, 1);
}

/** Checks a number that may have a fraction, or be `Infinity`. */
export function checkAmount(
  action: string,
  option: string,
  value: unknown,
  minimum: number,
): number {
  const number = checkNumber(action, option, value);
  if (!(number >= minimum)) {
    throw new RangeError(
      `Cannot ${action} with ${option} ${number}: give a number from ${minimum} up`,
    );
  }
  return number;
}

function checkNumber(action: string, option: string, value: unknown): number {
  if (typeof value === "number") return value;
  throw new TypeError(
    `Cannot ${action} with ${option} ${show(value)}: give a number${numberHint(value)}`,
  );
}
