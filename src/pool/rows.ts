/**
 * Layer 10, pool. A table of numbers that keeps its last rows. Owns the memory: two arrays, which
 * grow until the limit is reached; then the oldest row makes room for each new one.
 *
 * @module
 */

const FIRST_ROWS = 1024;

/** A table: some columns of 64-bit floats, and some of 32-bit words. */
export class Rows {
  floats: Float64Array;
  words: Uint32Array;
  readonly #floatsEach: number;
  readonly #wordsEach: number;
  #limit: number;
  #rows: number;
  #added = 0;

  constructor(limit: number, floatsEach: number, wordsEach: number) {
    this.#limit = limit;
    this.#floatsEach = floatsEach;
    this.#wordsEach = wordsEach;
    this.#rows = Math.min(limit, FIRST_ROWS);
    this.floats = new Float64Array(this.#rows * floatsEach);
    this.words = new Uint32Array(this.#rows * wordsEach);
  }

  /** How many rows were added; they are numbered in this order. */
  get added(): number {
    return this.#added;
  }

  /** How many of them have made room for others. */
  get dropped(): number {
    return Math.max(0, this.#added - this.#rows);
  }

  /** Where in its array the row of this number is, in rows. */
  place(number: number): number {
    return number % this.#rows;
  }

  /**
   * Adds a row.
   *
   * @param drop Called with the place of the row that has to make room, if one has to.
   * @returns The place at which its numbers are to be written, in rows.
   */
  add(drop?: (place: number) => void): number {
    if (this.#added === this.#rows && this.#rows < this.#limit) this.#grow();
    const place = this.#added % this.#rows;
    if (this.#added >= this.#rows) drop?.(place);
    this.#added++;
    return place;
  }

  #grow(): void {
    const rows = Math.min(this.#limit, this.#rows * 2);
    try {
      const floats = new Float64Array(rows * this.#floatsEach);
      const words = new Uint32Array(rows * this.#wordsEach);
      floats.set(this.floats);
      words.set(this.words);
      [this.floats, this.words, this.#rows] = [floats, words, rows];
    } catch {
      this.#limit = this.#rows; // no memory for more: that was all
    }
  }
}
