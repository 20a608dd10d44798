/**
 * Layer 3, wire. Messages on their way in: each is read when the modules that it needs are loaded, and
 * in the order in which they came. Owns what waits, and for how long.
 *
 * @module
 */

import { mentionsOf } from "./envelope.ts";
import { loadForMessage, missingFrom, PATIENCE_MS } from "./functions/mod.ts";

/** Reads a message. */
export type Read = (bytes: Uint8Array, attachments: readonly unknown[]) => void;

/** The messages of one channel. */
export class Incoming {
  readonly #read: Read;
  readonly #fail: (error: unknown) => void;
  readonly #patience: number;
  #loading: Promise<void> | null = null;
  /** Resolved when nobody waits for modules any more. */
  #late: PromiseWithResolvers<void> | null = null;

  /**
   * @param fail Called with what `read` throws. What it throws itself is not caught.
   * @param patience Milliseconds that are waited for modules at most, in the program itself and by
   * {@link settled}.
   */
  constructor(read: Read, fail: (error: unknown) => void, patience: number = PATIENCE_MS) {
    this.#read = read;
    this.#fail = fail;
    this.#patience = patience;
  }

  /** Takes a message: reads it now, if nothing is in the way. */
  take(bytes: Uint8Array, attachments: readonly unknown[] = []): void {
    try {
      const missing = missingFrom(mentionsOf(bytes));
      if (this.#loading === null && missing.length === 0) return this.#read(bytes, attachments);
      const loading = Promise.all([this.#loading, this.#load(missing)]).then(() => {
        if (this.#loading === loading) this.#loading = null;
        this.#read(bytes, attachments);
      }).catch(this.#fail);
      this.#loading = loading;
    } catch (error) {
      this.#fail(error);
    }
  }

  /**
   * Resolves when everything that came so far was read. What waits for a module by then is read without
   * it after a while: the import may be waiting for what is said after this.
   */
  async settled(): Promise<void> {
    if (this.#loading === null) return;
    const timer = setTimeout(() => this.#late?.resolve(), this.#patience);
    try {
      await this.#loading;
    } finally {
      clearTimeout(timer);
    }
  }

  /** One that cannot be loaded shows where its function is looked up. */
  async #load(modules: string[]): Promise<void> {
    if (modules.length === 0) return;
    this.#late ??= Promise.withResolvers();
    const loaded = loadForMessage(modules, this.#patience).catch(() => {});
    await Promise.race([loaded, this.#late.promise]);
  }
}
