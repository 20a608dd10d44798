/**
 * Layer 0. How a value that was received is shown in a message.
 *
 * @module
 */

const MAX_LENGTH = 40;

/** A value in a few words; a string in quotes. Never throws. */
export function show(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(
        value.length > MAX_LENGTH ? `${value.slice(0, MAX_LENGTH)}…` : value,
      );
    case "bigint":
      return `${value}n`;
    case "function":
      return `the function ${value.name || "without a name"}`;
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? "an array" : "an object";
    default:
      return String(value);
  }
}

/** Goes on from `give a number`, where a string of digits was received perhaps. */
export function numberHint(value: unknown): string {
  return typeof value === "string" ? ", as Number() makes it of a string" : "";
}
