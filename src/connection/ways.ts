/**
 * Layer 7, connection. What a connection needs of the way in and the way out that it stands for: a
 * channel in shared memory is one kind, a socket another.
 *
 * @module
 */

import type { Source } from "../channel/readable.ts";
import type { WaitOptions } from "../park/wait.ts";
import type { WireOutput } from "../wire/classes.ts";

/** Where messages come from. */
export interface WayIn extends Source {
  /** Takes a value. */
  take(options?: WaitOptions): Promise<unknown>;
  /** As {@link take}, blocking this thread. */
  takeSync(options?: WaitOptions): unknown;
  /** Ends the calls that wait to take. */
  abandonTakes(reason: unknown): void;
}

/** Where messages go. */
export interface WayOut {
  /** Writes the value down at once, and resolves when it is on its way. */
  put(
    value: unknown,
    what: string,
    options?: WaitOptions,
    transfer?: readonly object[],
  ): Promise<void>;
  /** As {@link put}, blocking this thread. */
  putSync(
    value: unknown,
    what: string,
    options?: WaitOptions,
    transfer?: readonly object[],
  ): void;
  /** Ends the calls that wait to put. */
  abandonPuts(reason: unknown): void;
}

/** What a connection consists of, apart from itself: it is closed also when nobody has that any more. */
export interface Substance {
  /** Appends it to a message. */
  write(output: WireOutput): void;
  /** Closes it. */
  close(): void;
}

/** Makes the ways of a connection, which must live while a call of theirs waits. */
export type Make = (owner: object) => {
  readonly substance: Substance;
  readonly wayIn: WayIn | null;
  readonly wayOut: WayOut | null;
};
