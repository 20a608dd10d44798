/**
 * Layer 1, runtime. The arguments of the program. A module that reads them while it is imported finds
 * the same ones in a child, as in Python, and not those by which the child was started.
 *
 * `process.argv[1]` stays what the child has started with: many modules compare it with their own path
 * to tell whether they are the program.
 *
 * In Deno `process` is not touched here: that alone would take a third of the time of a child's start.
 * A child that may do everything has these arguments from its command line; of others only what is
 * imported from `node:process` shows how they were started.
 *
 * @module
 */

const deno = (globalThis as unknown as { Deno?: { args: readonly string[] } }).Deno;

/** The arguments of the program. */
export function programArguments(): readonly string[] {
  return deno?.args ?? process.argv.slice(2);
}

/** In a child: makes these the arguments. */
export function setProgramArguments(given: readonly string[]): void {
  const { args } = deno ?? {};
  if (args === undefined) return setIn(process, given);
  if (args.length === given.length && args.every((one, i) => one === given[i])) return;
  Reflect.defineProperty(deno!, "args", { value: given, enumerable: true, configurable: true });
  const lazy = Object.getOwnPropertyDescriptor(globalThis, "process");
  if (lazy?.get === undefined) return;
  const get = () => {
    Reflect.defineProperty(globalThis, "process", lazy);
    setIn(process, given);
    return process;
  };
  Reflect.defineProperty(globalThis, "process", { ...lazy, get });
}

function setIn({ argv }: { argv: string[] }, given: readonly string[]): void {
  argv.splice(2, argv.length, ...given);
}
