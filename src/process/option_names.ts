/**
 * Layer 9, process. Refuses options that nobody reads: a misspelt one would do nothing, silently.
 *
 * @module
 */

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
      `Cannot ${action} with the options ${String(options)}: give an object, with any of ${
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

function listed(names: OptionNames): string {
  const all = [...names];
  return `${all.slice(0, -1).join(", ")} and ${all.at(-1)}`;
}

/** Python's names and ours differ in these: `max_workers`, `maxtasksperchild`. */
function plain(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}
