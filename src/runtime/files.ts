/**
 * Layer 1, runtime. Writes a text file piece by piece. Owns the open file. Without a permission that
 * it needs, the runtime refuses; its error is passed on as it is.
 *
 * @module
 */

/** A text file that is being written. */
export interface TextFile {
  /** Writes at the end; resolves when the text has been handed over. */
  write(text: string): Promise<void>;
  /** Closes the file. */
  close(): Promise<void>;
}

/**
 * Makes a text file, or empties one.
 *
 * @throws The runtime's error, if it cannot be written.
 */
export async function createTextFile(path: string | URL): Promise<TextFile> {
  if (!("Deno" in globalThis)) {
    const file = await process.getBuiltinModule("node:fs").promises.open(path, "w");
    return { write: (text) => file.writeFile(text), close: () => file.close() };
  }
  const file = await Deno.open(path, { write: true, create: true, truncate: true });
  const encoder = new TextEncoder();
  const write = async (text: string) => {
    let bytes = encoder.encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(await file.write(bytes));
  };
  return { write, close: () => Promise.resolve(file.close()) };
}
