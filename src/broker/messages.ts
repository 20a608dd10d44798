/**
 * Layer 6, broker. What isolates, their helper threads and brokers say to each other.
 *
 * @module
 */

import type { ObjectName } from "../park/brokers.ts";

/** An operation that never waits, or one that may. */
export type CallKind = "now" | "wait";

/** A request to a broker: number, kind, operation, arena, slab, word, argument, milliseconds. */
export type Request =
  | ["call", number, CallKind, string, number, number, number, unknown, number]
  | ["cancel", number]
  /** The result of a wait has arrived. */
  | ["heard", number]
  /** Nobody waits for the result of a wait any more: it is to be taken back. */
  | ["refuse", number]
  | ["bye", number];

/** Its answer: number, and the result or the bytes of what was thrown (`failure.ts`). */
export type Answer =
  | ["result", number, unknown]
  | ["cancelled", number]
  | ["error", number, Uint8Array];

/** What an isolate asks of its helper. */
export type Order =
  /** Memory that the helper serves to others: arena, its root, slab, word, its buffers. */
  | ["offer", number, SharedArrayBuffer, number, number, readonly SharedArrayBuffer[]]
  /** The same for a mapped arena: arena, process, descriptor. */
  | ["offerMapped", number, number, number]
  /** Listens for clients, on a port where it takes one; answered by {@link Notice} `address`. */
  | ["listen", number]
  /** Hands a request to the broker at an address. */
  | ["ask", string, Request]
  /** Asks for a sign of life; answered by {@link Notice} `alive`. */
  | ["ping"];

/** What a helper tells its isolate. */
export type Notice =
  | ["address", string]
  | ["offered"]
  /** An order to listen or to offer has failed: the bytes of what was thrown. */
  | ["failed", Uint8Array]
  /** The same of anything else: nobody knows whom it was for. The helper goes on. */
  | ["crashed", Uint8Array]
  /** The helper's thread, and when it began; 0 and -1 where that cannot be told. */
  | ["alive", number, number]
  | Answer;

/** Names an object in a table. */
export function objectKey({ key, slab, at }: Omit<ObjectName, "address">): string {
  return `${key}:${slab}:${at}`;
}
