/**
 * Layer 1, runtime. Reads the `stat` file of a process or thread under `/proc`.
 *
 * @module
 */

/** There is no such thread, or it has ended and only its number is left. */
export const ENDED = -1;
/** It cannot be told. */
export const UNKNOWN = -2;

/** The beginning in the text of a `stat` file; {@link ENDED} or {@link UNKNOWN}. */
export function beganIn(stat: string): number {
  // The name is in parentheses and may hold anything; the state and 19 numbers later the time follow.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (/[ZXx]/.test(fields[0])) return ENDED;
  return /^\d+$/.test(fields[19]) ? Number(fields[19]) : UNKNOWN;
}
