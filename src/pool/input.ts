/**
 * Layer 6, pool. The input of a `map` or `imap`: any iterable or async iterable, read piece by
 * piece. Owns the iterator: it reads no further than it must, and closes it when the job ends
 * early. An error that the input throws ends it, at its position.
 *
 * @module
 */

/** What may be mapped over. */
export type Items<T> = Iterable<T> | AsyncIterable<T> | ArrayLike<T>;

/** An input. */
export interface Input {
  /** Items given so far. */
  readonly position: number;
  /** Items still to come; `Infinity` if unknown. */
  readonly left: number;
  /** Items in all, where that is known. */
  readonly total: number | undefined;
  /** Whether all items were given. */
  readonly ended: boolean;
  /** What the input threw, at {@link Input.position}. */
  readonly failure: { error: unknown } | null;
  /** Gives the next items, at most `limit`; none if they are not there yet. */
  take(limit: number): unknown[];
  /** The rest is not wanted. */
  close(): void;
}

/**
 * Opens an input.
 *
 * @param wake Called when items of an async iterable have arrived.
 * @throws {TypeError} If `items` cannot be iterated.
 */
export function openInput(items: unknown, action: string, wake: () => void): Input {
  if (typeof items === "object" && items !== null || typeof items === "string") {
    if (Symbol.asyncIterator in Object(items)) {
      return new AsyncInput((items as AsyncIterable<unknown>)[Symbol.asyncIterator](), wake);
    }
    if (Array.isArray(items) || ArrayBuffer.isView(items)) {
      return new ArrayInput(items as unknown as unknown[]);
    }
    if (Symbol.iterator in Object(items)) {
      return new IteratorInput((items as Iterable<unknown>)[Symbol.iterator]());
    }
    const { length } = items as unknown as ArrayLike<unknown>;
    if (Number.isSafeInteger(length) && length >= 0) {
      return new ArrayInput(items as unknown as ArrayLike<unknown>);
    }
  }
  throw new TypeError(
    `Cannot ${action} over ${
      items === null ? "null" : typeof items
    }: give an array, an iterable or an async iterable`,
  );
}

class ArrayInput implements Input {
  readonly total: number;
  readonly failure = null;
  position = 0;
  #items: ArrayLike<unknown>;

  constructor(items: ArrayLike<unknown>) {
    this.#items = items;
    this.total = items.length;
  }

  get left(): number {
    return this.total - this.position;
  }

  get ended(): boolean {
    return this.position >= this.total;
  }

  take(limit: number): unknown[] {
    const start = this.position;
    const end = Math.min(start + limit, this.total);
    this.position = end;
    return Array.prototype.slice.call(this.#items, start, end);
  }

  close(): void {
    this.position = this.total;
    this.#items = [];
  }
}

class IteratorInput implements Input {
  failure: { error: unknown } | null = null;
  position = 0;
  ended = false;
  #iterator: Iterator<unknown>;

  constructor(iterator: Iterator<unknown>) {
    this.#iterator = iterator;
  }

  get left(): number {
    return this.ended ? 0 : Infinity;
  }

  get total(): number | undefined {
    return this.ended ? this.position : undefined;
  }

  take(limit: number): unknown[] {
    const items: unknown[] = [];
    try {
      while (items.length < limit && !this.ended) {
        const { done, value } = this.#iterator.next();
        if (done) this.ended = true;
        else items.push(value);
      }
    } catch (error) {
      this.ended = true;
      this.failure = { error };
    }
    this.position += items.length;
    return items;
  }

  close(): void {
    if (this.ended) return;
    this.ended = true;
    try {
      this.#iterator.return?.();
    } catch {
      // The job has ended; nobody asks for the input any more.
    }
  }
}

/** Reads ahead no further than the last request asked for. */
class AsyncInput implements Input {
  failure: { error: unknown } | null = null;
  position = 0;
  #iterator: AsyncIterator<unknown>;
  #wake: () => void;
  #waiting: unknown[] = [];
  #reading = false;
  #over = false;

  constructor(iterator: AsyncIterator<unknown>, wake: () => void) {
    this.#iterator = iterator;
    this.#wake = wake;
  }

  get left(): number {
    return this.#over ? this.#waiting.length : Infinity;
  }

  get ended(): boolean {
    return this.#over && this.#waiting.length === 0;
  }

  get total(): number | undefined {
    return this.#over ? this.position + this.#waiting.length : undefined;
  }

  take(limit: number): unknown[] {
    const items = this.#waiting.splice(0, limit);
    this.position += items.length;
    if (!this.#reading && !this.#over) void this.#read(limit);
    return items;
  }

  close(): void {
    this.#waiting = [];
    if (this.#over) return;
    this.#over = true;
    this.#iterator.return?.()?.then(undefined, () => {});
  }

  async #read(limit: number): Promise<void> {
    this.#reading = true;
    try {
      while (!this.#over && this.#waiting.length < limit) {
        const { done, value } = await this.#iterator.next();
        if (this.#over) break;
        if (done) this.#over = true;
        else this.#waiting.push(value);
        this.#wake();
      }
    } catch (error) {
      if (!this.#over) {
        this.#over = true;
        this.failure = { error };
        this.#wake();
      }
    }
    this.#reading = false;
  }
}
