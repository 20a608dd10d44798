/**
 * Layer 1, runtime. Where the library's own files are. The npm package is built of few files: its
 * build puts other addresses here, and nothing else in the library names one of its files.
 *
 * @module
 */

/** The library's folder; `null` when a bundler has merged the library with its user's code. */
const own = /^(.*\/)src\/runtime\/places\.(\w+)$/.exec(import.meta.url);

/** The entry point of every child, and that of the thread that serves who cannot map memory. */
export const ENTRIES: { readonly child: URL; readonly broker: URL } | null = own && {
  child: new URL(`${own[1]}src/child.${own[2]}`),
  broker: new URL(`${own[1]}src/broker_thread.${own[2]}`),
};

const folder = own && own[1] + "src/";
const main = own && own[1] + "mod." + own[2];

/**
 * Whether a module belongs to this library.
 *
 * @param url Address of the module.
 * @returns `true` for the library's own code; tests, examples and benches are not part of it.
 */
export function isOwnModule(url: string): boolean {
  return folder !== null && (url.startsWith(folder) || url === main);
}

/** What to say where {@link ENTRIES} are needed and are not there. */
export const WHY_NO_ENTRIES =
  "a bundler has merged the library with the program, so there is no file for it to start; mark " +
  '"@manycore/multiprocessing" as external and keep it in node_modules';
