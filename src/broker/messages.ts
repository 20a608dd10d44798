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
  | ["bye", number];

/** Its answer: number, and the result or what went wrong. */
export type Answer =
  | ["result", number, unknown]
  | ["cancelled", number]
  | ["error", number, string];

/** What an isolate asks of its helper. */
export type Order =
  /** Memory that the helper serves to others: arena, its root, slab, word, its buffers. */
  | ["offer", number, SharedArrayBuffer, number, number, readonly SharedArrayBuffer[]]
  /** The same for a mapped arena: arena, process, descriptor. */
  | ["offerMapped", number, number, number]
  /** Listens for clients; answered by {@link Notice} `address`. */
  | ["listen"]
  /** Hands a request to the broker at an address. */
  | ["ask", string, Request];

/** What a helper tells its isolate. */
export type Notice = ["address", string] | ["offered"] | Answer;

/** Names an object in a table. */
export function objectKey({ key, slab, at }: Omit<ObjectName, "address">): string {
  return `${key}:${slab}:${at}`;
}
