/**
 * Layer 4, park. What a protocol knows of the agents: who acts, how to wake another, whether
 * another lives. The model tests give their own.
 *
 * @module
 */

/** Somebody who acts on shared objects: this isolate, or one that cannot map them. */
export interface Agent {
  /** What it writes into words that it owns. Never 0. */
  readonly id: number;
  /** Its place in the table of agents. */
  readonly slot: number;
  /** The slot whose bell wakes it: its own, or that of the isolate that acts for it. */
  readonly seat: number;
  /** The slot whose bell wakes the agent in a slot. */
  seatOf(slot: number): number;
  /** Rings the bell of a seat. That alone wakes nobody for an object: see W3 in `wait_set.ts`. */
  ring(seat: number): void;
  /**
   * Whether the agent with this id may still act; `false` once its process or thread has ended, or
   * counts as ended: then it may be the caller itself.
   */
  isAlive(id: number): boolean;
  /** Whether the agent with this id ended without saying so: it was killed. */
  wasKilled(id: number): boolean;
}

/** An agent that can sleep: an isolate. */
export interface Sleeper extends Agent {
  /** Milliseconds on a clock that only goes forward. */
  now(): number;
  /** The value of its bell. */
  bell(): number;
  /** Blocks until the bell is no longer `seen`, at most `ms` milliseconds; may return early. */
  sleep(seen: number, ms: number): void;
  /** A moment of doing nothing, while another processor may change a word. */
  pause(): void;
  /** How many milliseconds to try before sleeping. */
  patience(): number;
  /** A wait has succeeded. */
  succeeded(): void;
}
