/**
 * Layer 10, pool. Checks of numbers among options. Owns the words in which they are refused.
 *
 * @module
 */

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
  throw new TypeError(`Cannot ${action} with ${option} ${String(value)}: give a number`);
}
