/**
 * Layer 5, channel. How items cross to a broker, and back, for an isolate that cannot reach the rings.
 * Bytes travel as an `ArrayBuffer`: Deno's ports copy a view element by element.
 *
 * @module
 */

import type { Crossing } from "../park/operation.ts";
import { TRAILER } from "./rings.ts";
import type { Item } from "./rings.ts";
import type { Taker } from "./taking.ts";

/** Of a put. */
export const putCrossing: Crossing<Item> = {
  pack: joined,
  unpack: (bytes) => {
    const buffer = new Uint8Array(bytes as ArrayBuffer);
    return { buffer, length: buffer.length };
  },
  answer: (result) => result,
  receive: (answer) => answer as number,
};

/** Of a take. */
export const takeCrossing: Crossing<Taker> = {
  pack: () => 0,
  unpack: () => new Carrier(),
  answer: (result, taker) => [result, (taker as Carrier).bytes],
  receive: (answer, taker) => {
    if (typeof answer === "number") return answer; // it has expired on the way
    const [result, bytes] = answer as [number, ArrayBuffer | null];
    if (bytes !== null) taker.take(new Uint8Array(bytes));
    return result;
  },
};

/** Holds the bytes of an item that was taken for somebody else. */
export class Carrier implements Taker {
  bytes: ArrayBuffer | null = null;

  take(bytes: Uint8Array): void {
    this.bytes = bytes.slice().buffer;
  }
}

/** The bytes of an item, in one piece. */
function joined({ buffer, length, payload }: Item): ArrayBuffer {
  if (!payload) return buffer.slice(0, length).buffer as ArrayBuffer;
  const bytes = new Uint8Array(length + payload.length);
  const head = length - TRAILER;
  bytes.set(buffer.subarray(0, head));
  bytes.set(payload, head);
  bytes.set(buffer.subarray(head, length), head + payload.length);
  return bytes.buffer;
}
