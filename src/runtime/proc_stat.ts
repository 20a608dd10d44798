/**
 * Layer 1, runtime. Reads the `stat` file of a process or thread under `/proc`.
 *
 * @module
 */

/** The beginning in the text of a `stat` file; -1 for a thread that has ended. */
export function beganIn(stat: string): number {
  // The name is in parentheses and may hold anything; the state and 19 numbers later the time follow.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return /[ZXx]/.test(fields[0]) ? -1 : Number(fields[19]);
}
