/**
 * Layer 10, pool. The input of a `map` or `imap`: any iterable or async iterable, read piece by
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
  /** Whether somebody else may still have to give something, and may never. */
  readonly awaited: boolean;
  /** What the input threw, at {@link Input.position}. */
  readonly failure: { error: unknown } | null;
  /**
   * Gives the next items, at most `limit`; none if they are not there yet. Then up to `limit` more
   * may be read ahead, but given and read together no more than `room`.
   */
  take(limit: number, room?: number): unknown[];
  /** Looks whether there is another item, without giving it: the end may be known before a take. */
  prime(): void;
  /** Gives nothing more: the input ends here with an error, as if it had thrown it. */
  cut(error: unknown): void;
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
    if (Array.isArray(items) || ArrayBuffer.isView(items) && !(items instanceof DataView)) {
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
  readonly awaited = false;
  total: number;
  failure: { error: unknown } | null = null;
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
    try {
      this.position = end;
      return Array.prototype.slice.call(this.#items, start, end);
    } catch {
      return this.#upToFailure(start, end);
    }
  }

  /** A getter or a proxy has thrown: gives what is in front of it. */
  #upToFailure(start: number, end: number): unknown[] {
    const items: unknown[] = [];
    try {
      while (start + items.length < end) items.push(this.#items[start + items.length]);
    } catch (error) {
      this.failure = { error };
      this.total = start + items.length;
    }
    this.position = start + items.length;
    return items;
  }

  prime(): void {
    // It always knows.
  }

  cut(error: unknown): void {
    this.total = this.position;
    this.#items = [];
    this.failure = { error };
  }

  close(): void {
    this.position = this.total;
    this.#items = [];
  }
}

class IteratorInput implements Input {
  readonly awaited = false;
  failure: { error: unknown } | null = null;
  position = 0;
  #iterator: Iterator<unknown>;
  /** What `prime` has read. */
  #ahead: unknown[] = [];
  #over = false;

  constructor(iterator: Iterator<unknown>) {
    this.#iterator = iterator;
  }

  get left(): number {
    return this.#over ? this.#ahead.length : Infinity;
  }

  get ended(): boolean {
    return this.#over && this.#ahead.length === 0;
  }

  get total(): number | undefined {
    return this.#over ? this.position + this.#ahead.length : undefined;
  }

  prime(): void {
    if (this.#ahead.length === 0) this.#pull(this.#ahead, 1);
  }

  take(limit: number): unknown[] {
    const items = this.#ahead;
    this.#ahead = [];
    this.#pull(items, limit);
    this.position += items.length;
    return items;
  }

  cut(error: unknown): void {
    this.close();
    this.failure = { error };
  }

  close(): void {
    this.#ahead = [];
    if (this.#over) return;
    this.#over = true;
    try {
      this.#iterator.return?.();
    } catch {
      // The job has ended; nobody asks for the input any more.
    }
  }

  #pull(items: unknown[], count: number): void {
    try {
      while (items.length < count && !this.#over) {
        const { done, value } = this.#iterator.next();
        if (done) this.#over = true;
        else items.push(value);
      }
    } catch (error) {
      this.#over = true;
      this.failure = { error };
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
  /** How far may be read. */
  #until = 0;
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

  get awaited(): boolean {
    return !this.#over;
  }

  take(limit: number, room: number = Infinity): unknown[] {
    const items = this.#waiting.splice(0, limit);
    this.position += items.length;
    this.#readUntil(this.position + Math.min(limit, room - items.length));
    return items;
  }

  prime(): void {
    if (this.#waiting.length === 0) this.#readUntil(this.position + 1);
  }

  cut(error: unknown): void {
    this.close();
    this.failure = { error };
  }

  close(): void {
    this.#waiting = [];
    if (this.#over) return;
    this.#over = true;
    try {
      this.#iterator.return?.()?.then(undefined, () => {});
    } catch {
      // The job has ended; nobody asks for the input any more.
    }
  }

  #readUntil(position: number): void {
    this.#until = position;
    if (!this.#reading && !this.#over) void this.#read();
  }

  async #read(): Promise<void> {
    this.#reading = true;
    try {
      while (!this.#over && this.position + this.#waiting.length < this.#until) {
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
