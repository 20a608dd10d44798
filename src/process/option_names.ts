/**
 * Layer 9, process. Refuses options that nobody reads: a misspelt one would do nothing, silently.
 *
 * @module
 */

import { numberHint, show } from "../show.ts";

/** The names of some options, for {@link checkOptionNames}. */
export type OptionNames = ReadonlySet<string>;

/** What every child can be started with. */
export const LAUNCH_OPTIONS: readonly string[] = ["env", "cwd", "permissions", "memoryLimitMb"];

/**
 * Checks that options are an object, and that each is known.
 *
 * @param action Such as `map`, for messages.
 * @throws {TypeError} If not.
 */
export function checkOptionNames(action: string, options: unknown, known: OptionNames): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `Cannot ${action} with the options ${show(options)}: give an object, with any of ${
        listed(known)
      }`,
    );
  }
  for (const name in options) {
    if (known.has(name)) continue;
    const meant = [...known].find((one) => plain(one) === plain(name));
    throw new TypeError(
      `Cannot ${action} with an option ${JSON.stringify(name)}: ` +
        (meant === undefined ? `there are ${listed(known)}` : `it is called ${meant}`),
    );
  }
}

/**
 * What a constructor was given: a number, or options.
 *
 * @param action Such as `make a pool`, for messages.
 * @param given Its argument.
 * @param length How many it was given.
 * @param count What the number stands for.
 * @returns The options.
 * @throws {TypeError} If there is something else, or something behind it.
 */
export function numberOrOptions<O extends object>(
  action: string,
  given: number | O,
  length: number,
  count: keyof O & string,
): O {
  if (length > 1) {
    throw new TypeError(
      `Cannot ${action} from ${length} arguments: there is one, a number or options, such as ` +
        `{ ${count}: 2, initializer, initArgs }`,
    );
  }
  if (typeof given === "number") return { [count]: given } as O;
  if (typeof given === "object" && given !== null) return given;
  throw new TypeError(
    `Cannot ${action} from ${show(given)}: give options, or a number of workers${
      numberHint(given)
    }`,
  );
}

function listed(names: OptionNames): string {
  const all = [...names];
  return `${all.slice(0, -1).join(", ")} and ${all.at(-1)}`;
}

/** Python's names and ours differ in these: `max_workers`, `maxtasksperchild`. */
function plain(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}
