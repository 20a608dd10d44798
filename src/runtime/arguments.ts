/**
 * Layer 1, runtime. The arguments of the program. A module that reads them while it is imported finds
 * the same ones in a child, as in Python, and not those by which the child was started.
 *
 * `process.argv[1]` stays what the child has started with: many modules compare it with their own path
 * to tell whether they are the program.
 *
 * @module
 */

/** The arguments of the program. */
export function programArguments(): string[] {
  return process.argv.slice(2);
}

/** In a child: makes these the arguments. */
export function setProgramArguments(given: readonly string[]): void {
  process.argv.splice(2, process.argv.length, ...given);
  const deno = (globalThis as { Deno?: object }).Deno;
  if (deno === undefined) return;
  Reflect.defineProperty(deno, "args", { value: given, enumerable: true, configurable: true });
}
