/**
 * Layer 10, pool. Several inputs side by side: one argument from each makes a call. Owns what was
 * read of one input and waits for the others. Ends with the shortest, as Python's `zip`.
 *
 * @module
 */

import { openInput } from "./input.ts";
import type { Input } from "./input.ts";

/**
 * Opens inputs as one: the items of a single one, or argument lists with one item from each.
 *
 * @param wake Called when items of an async iterable have arrived.
 * @throws {TypeError} If one of them cannot be iterated.
 */
export function openColumns(inputs: readonly unknown[], action: string, wake: () => void): Input {
  if (inputs.length === 1) return openInput(inputs[0], action, wake);
  return new Columns(inputs.map((items) => openInput(items, action, wake)));
}

interface Column {
  input: Input;
  /** Read, while another column had nothing. */
  ready: unknown[];
}

class Columns implements Input {
  position = 0;
  #columns: Column[];
  #cut: { error: unknown } | null = null;

  constructor(inputs: readonly Input[]) {
    this.#columns = inputs.map((input) => ({ input, ready: [] }));
  }

  get left(): number {
    return this.#columns.reduce((least, column) => Math.min(least, leftOf(column)), Infinity);
  }

  get total(): number | undefined {
    const { left } = this;
    return left === Infinity ? undefined : this.position + left;
  }

  get ended(): boolean {
    return this.left === 0;
  }

  get awaited(): boolean {
    return this.#columns.some(({ input }) => input.awaited);
  }

  /** What the first column has thrown that has no more: those behind it were not asked. */
  get failure(): { error: unknown } | null {
    return this.#cut ?? this.#columns.find((column) => leftOf(column) === 0)?.input.failure ?? null;
  }

  take(limit: number, room: number = Infinity): unknown[] {
    let rows = Math.min(limit, this.left);
    for (const column of this.#columns) {
      const { ready, input } = column;
      if (ready.length < rows) {
        column.ready = ready.concat(input.take(rows - ready.length, room - ready.length));
      }
      rows = Math.min(rows, leftOf(column));
    }
    const count = this.#columns.reduce((least, { ready }) => Math.min(least, ready.length), rows);
    const taken = this.#columns.map(({ ready }) => ready.splice(0, count));
    this.position += count;
    return Array.from({ length: count }, (_, i) => taken.map((items) => items[i]));
  }

  prime(): void {
    for (const column of this.#columns) {
      if (column.ready.length === 0) column.input.prime();
      if (leftOf(column) === 0) return;
    }
  }

  cut(error: unknown): void {
    this.#cut = { error };
    this.close();
  }

  close(): void {
    for (const column of this.#columns) {
      column.ready = [];
      column.input.close();
    }
  }
}

function leftOf({ ready, input }: Column): number {
  return ready.length + input.left;
}
