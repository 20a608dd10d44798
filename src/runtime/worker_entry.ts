/**
 * Layer 1, runtime. What a `Worker` of `node:worker_threads` is given to run. Where the library was
 * imported over http, Deno's would refuse its address, but not a module that imports it.
 *
 * @module
 */

/** The module to start a worker with, which runs `entry`. */
export function workerEntry(entry: URL): URL {
  if (entry.protocol === "file:" || entry.protocol === "data:") return entry;
  const source = `import ${JSON.stringify(entry.href)};`;
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}
