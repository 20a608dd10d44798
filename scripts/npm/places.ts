/**
 * What stands for `src/runtime/places.ts` in the npm package, which is built of few files that lie
 * beside each other: entry points, and what they share, in files whose names begin with
 * `multiprocessing-`.
 *
 * @module
 */

const own = /^(.*\/)multiprocessing-\w+\.js$/.exec(import.meta.url)?.[1] ?? null;

/** See `src/runtime/places.ts`. */
export const ENTRIES: { readonly child: URL; readonly broker: URL } | null = own === null
  ? null
  : { child: new URL(`${own}child.js`), broker: new URL(`${own}broker_thread.js`) };

/** See `src/runtime/places.ts`. */
export function isOwnModule(url: string): boolean {
  return own !== null && url.startsWith(own);
}

/** See `src/runtime/places.ts`. */
export const WHY_NO_ENTRIES =
  "a bundler has merged the library with the program, so there is no file for it to start; mark " +
  '"@manycore/multiprocessing" as external and keep it in node_modules';
