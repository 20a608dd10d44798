/**
 * The states that a model has come to, and the moves between them, as rows of numbers: there are
 * hundreds of thousands, and none of them costs an object.
 *
 * ```text
 * A row       [ what a state is ][ how it was come to ]
 *             the first part tells states apart, to the last number; the second is `HOW`
 * rows        in chunks, which stay where they are when more are needed
 * table       numbers of states plus one, by the hash of their first part; the next free one is
 *             taken where one is taken already. At most half of it is full
 * moves       one list for each state, of the states from which it can be come to
 * ```
 *
 * @module
 */

/** Columns of how a state was come to, after those of what it is. */
export const HOW = {
  /** Preemptions. */
  USED: 0,
  /** The state before it, or `NONE`. */
  PARENT: 1,
  /** The agent that made the move, or its complement if it was killed. */
  MOVER: 2,
  /** What the step gave. */
  RESULT: 3,
  /** Whether what follows it is known. */
  LEFT: 4,
  /** The last of the moves to it. */
  MOVES: 5,
} as const;

const COLUMNS = 6;
/** No state. */
export const NONE = -1;

const ROWS_BITS = 10;
const ROWS = 1 << ROWS_BITS;

export class States {
  /** A state that may be new: to be filled before `find()`. */
  readonly next: Int32Array;
  readonly #size: number;
  readonly #width: number;
  readonly #chunks: Int32Array[] = [];
  #count = 0;
  #table = new Int32Array(2 * ROWS);
  #hashes = new Int32Array(ROWS);
  /** Pairs: from where, and the move before it in the list. */
  #moves = new Int32Array(4 * ROWS);
  #lastMove = 0;

  /** States that are told apart by so many numbers. */
  constructor(size: number) {
    this.#size = size;
    this.#width = size + COLUMNS;
    this.next = new Int32Array(size);
  }

  /** How many there are; they are numbered from 0. */
  get count(): number {
    return this.#count;
  }

  /** What a state is, followed by how it was come to: what is written there stays. */
  row(state: number): Int32Array {
    const at = (state & ROWS - 1) * this.#width;
    return this.#chunks[state >> ROWS_BITS].subarray(at, at + this.#width);
  }

  get(state: number, how: number): number {
    return this.#chunks[state >> ROWS_BITS][this.#at(state, how)];
  }

  set(state: number, how: number, value: number): void {
    this.#chunks[state >> ROWS_BITS][this.#at(state, how)] = value;
  }

  #at(state: number, how: number): number {
    return (state & ROWS - 1) * this.#width + this.#size + how;
  }

  /** The number of the state that `next` is. If it is new, that is what `count` was before. */
  find(): number {
    const hash = hashOf(this.next);
    const last = this.#table.length - 1;
    for (let at = hash & last;; at = at + 1 & last) {
      const state = this.#table[at] - 1;
      if (state < 0) return this.#add(hash, at);
      if (this.#hashes[state] === hash && this.#isNext(state)) return state;
    }
  }

  #isNext(state: number): boolean {
    const chunk = this.#chunks[state >> ROWS_BITS];
    const from = (state & ROWS - 1) * this.#width;
    for (let at = 0; at < this.#size; at++) {
      if (chunk[from + at] !== this.next[at]) return false;
    }
    return true;
  }

  #add(hash: number, at: number): number {
    const state = this.#count++;
    if ((state & ROWS - 1) === 0) this.#chunks.push(new Int32Array(ROWS * this.#width));
    this.#chunks[state >> ROWS_BITS].set(this.next, (state & ROWS - 1) * this.#width);
    if (state === this.#hashes.length) this.#hashes = doubled(this.#hashes);
    this.#hashes[state] = hash;
    this.#table[at] = state + 1;
    if (2 * this.#count > this.#table.length) this.#spread();
    return state;
  }

  #spread(): void {
    this.#table = new Int32Array(2 * this.#table.length);
    const last = this.#table.length - 1;
    for (let state = 0; state < this.#count; state++) {
      let at = this.#hashes[state] & last;
      while (this.#table[at] !== 0) at = at + 1 & last;
      this.#table[at] = state + 1;
    }
  }

  /** Notes that one state can be come to from another. */
  link(from: number, to: number): void {
    const move = this.#lastMove += 2;
    if (move === this.#moves.length) this.#moves = doubled(this.#moves);
    this.#moves[move] = from;
    this.#moves[move + 1] = this.get(to, HOW.MOVES);
    this.set(to, HOW.MOVES, move);
  }

  /** The states from which one can be come to. */
  *before(state: number): Generator<number> {
    for (let move = this.get(state, HOW.MOVES); move !== 0; move = this.#moves[move + 1]) {
      yield this.#moves[move];
    }
  }
}

function hashOf(numbers: Int32Array): number {
  let hash = 0;
  for (let at = 0; at < numbers.length; at++) {
    hash = Math.imul(hash ^ numbers[at], 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}

function doubled(numbers: Int32Array): Int32Array<ArrayBuffer> {
  const more = new Int32Array(2 * numbers.length);
  more.set(numbers);
  return more;
}
