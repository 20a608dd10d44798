/**
 * Layer 12, manager. The objects of a server, and how many refer to them. Owns the table: an object
 * is in it as long as a client has a reference, or a message that is on its way.
 *
 * A reference that was given up while somebody may just be connecting to take his own stays for
 * `LINGER_MS`: what he has read is his before he can say so.
 *
 * @module
 */

import { later } from "../runtime/later.ts";
import type { ServerKind } from "./server_kinds.ts";

const LINGER_MS = 10_000;

/** An object of a server. */
export interface Entry {
  readonly id: number;
  readonly referent: object;
  readonly kind: ServerKind;
  references: number;
}

/** The objects of a server. */
export class Objects {
  readonly #entries = new Map<number, Entry>();
  readonly #byReferent = new WeakMap<object, Entry>();
  /** References of messages, by their tokens. */
  readonly #posted = new Map<string, Entry>();
  /** Tokens that were taken before they were heard of. */
  readonly #early = new Set<string>();
  #lingering: { entry: Entry; until: number }[] = [];
  #watching = false;
  #lastId = 0;

  /** How many there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** The entry of an object: the one that it has, or a new one, without a reference so far. */
  add(referent: object, kind: ServerKind): Entry {
    const known = this.#byReferent.get(referent);
    if (known !== undefined && this.#entries.get(known.id) === known) return known;
    const entry = { id: ++this.#lastId, referent, kind, references: 0 };
    this.#entries.set(entry.id, entry);
    this.#byReferent.set(referent, entry);
    return entry;
  }

  /** The entry with a number. */
  get(id: number): Entry | undefined {
    return this.#entries.get(id);
  }

  /** One more reference. */
  keep(entry: Entry): void {
    entry.references++;
  }

  /** One less; without any the object is given up. */
  drop(entry: Entry): void {
    if (--entry.references > 0 || this.#entries.get(entry.id) !== entry) return;
    this.#entries.delete(entry.id);
    dispose(entry.referent);
  }

  /** One less, in a while. */
  dropLater(entry: Entry): void {
    this.#lingering.push({ entry, until: performance.now() + LINGER_MS });
    this.#watch();
  }

  /** A message refers to an object. */
  post(token: string, entry: Entry): void {
    if (this.#early.delete(token)) return; // it has been read meanwhile
    this.keep(entry);
    this.#posted.set(token, entry);
  }

  /** The reader of a message takes its reference over. */
  take(token: string, id: number): Entry | undefined {
    const posted = this.#posted.get(token);
    if (posted !== undefined) {
      this.#posted.delete(token);
      return posted;
    }
    const entry = this.get(id);
    if (entry === undefined) return undefined;
    this.#early.add(token);
    this.keep(entry);
    return entry;
  }

  /** Nobody reads the message any more. */
  land(token: string): void {
    const entry = this.#posted.get(token);
    if (entry !== undefined && this.#posted.delete(token)) this.dropLater(entry);
  }

  /** Gives all up. */
  async clear(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    this.#lingering = [];
    await Promise.all(entries.map(({ referent }) => dispose(referent)));
  }

  #watch(): void {
    if (this.#watching || this.#lingering.length === 0) return;
    this.#watching = true;
    later(Math.max(1, this.#lingering[0].until - performance.now()), () => {
      this.#watching = false;
      const now = performance.now();
      while (this.#lingering.length > 0 && this.#lingering[0].until <= now) {
        this.drop(this.#lingering.shift()!.entry);
      }
      this.#watch();
    });
  }
}

/** Disposes of an object that knows how. What it throws concerns nobody any more. */
async function dispose(referent: object): Promise<void> {
  try {
    const own = referent as Partial<AsyncDisposable & Disposable>;
    if (typeof own[Symbol.asyncDispose] === "function") await own[Symbol.asyncDispose]!();
    else own[Symbol.dispose]?.();
  } catch (error) {
    console.warn(`Warning: an object of a manager could not be disposed of: ${String(error)}`);
  }
}
