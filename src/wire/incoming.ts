/**
 * Layer 3, wire. Messages on their way in: each is read when the modules that it names are loaded, and
 * in the order in which they came. Owns what waits.
 *
 * @module
 */

import { modulesOf } from "./envelope.ts";
import { loadModules } from "./functions/mod.ts";

/** Reads a message. */
export type Read = (bytes: Uint8Array, attachments: readonly unknown[]) => void;

/** The messages of one channel. */
export class Incoming {
  readonly #read: Read;
  readonly #fail: (error: unknown) => void;
  #loading: Promise<void> | null = null;

  /** @param fail Called with what `read` throws. What it throws itself is not caught. */
  constructor(read: Read, fail: (error: unknown) => void) {
    this.#read = read;
    this.#fail = fail;
  }

  /** Takes a message: reads it now, if nothing is in the way. */
  take(bytes: Uint8Array, attachments: readonly unknown[] = []): void {
    try {
      const modules = modulesOf(bytes);
      if (this.#loading === null && modules.length === 0) return this.#read(bytes, attachments);
      // One that cannot be loaded shows where its function is looked up.
      const loaded = modules.length === 0 ? undefined : loadModules(modules).catch(() => {});
      const loading = Promise.all([this.#loading, loaded]).then(() => {
        if (this.#loading === loading) this.#loading = null;
        this.#read(bytes, attachments);
      }).catch(this.#fail);
      this.#loading = loading;
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Resolves when everything that came so far was read. */
  async settled(): Promise<void> {
    await this.#loading;
  }
}
