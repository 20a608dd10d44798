/**
 * Layer 0. What `console.log` shows of the library's objects. Their state is private or in shared
 * memory: without this they would all look empty. Imports nothing.
 *
 * @module
 */

/** All three runtimes ask for it. */
const CUSTOM = Symbol.for("nodejs.util.inspect.custom");

/** What is used of a runtime's settings. */
type Options = { readonly depth?: number | null };

/**
 * Has objects of a class shown with what is known of them, and with the fields that a subclass has.
 *
 * @param Class The class.
 * @param known What to show. May throw, as of objects that are closed: then there is nothing.
 */
export function showsAs<T extends object>(
  Class: abstract new (...args: never) => T,
  known: (object: T) => Record<string, unknown>,
): void {
  Object.defineProperty(Class.prototype, CUSTOM, {
    configurable: true,
    writable: true,
    value(
      this: T,
      depth: number,
      options: Options | undefined,
      inspect: (value: unknown, options?: Options) => string,
    ): string {
      const { name } = this.constructor;
      if (depth < 0) return `[${name}]`;
      const below = typeof options?.depth === "number" ? options.depth - 1 : options?.depth;
      let state = {};
      try {
        state = known(this);
      } catch {
        // It is closed, or out of reach: its name is all.
      }
      return `${name} ${inspect({ ...state, ...this }, { ...options, depth: below })}`;
    },
  });
}
