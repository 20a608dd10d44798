/**
 * Layer 3, wire. Owns the `transfer` list of a value: what may be in it, and how its objects are
 * moved. May touch the encoding.
 *
 * A buffer moves as soon as the whole value is written: into one of ours, on the way to a thread, where
 * `postMessage` moves that one on; on the way to a process its bytes are copied before. Ports can only
 * be moved by `postMessage`, which comes later: here it is noted that they will be.
 *
 * @module
 */

import type { Encoding } from "./encoding.ts";
import { describeObject, Refusal, refusal, serializationError } from "./refusal.ts";
import { isPort } from "./views.ts";

/** Checks a transfer list and lets the value's writers know of it. */
export function beginTransfer(s: Encoding, transfer: readonly object[]): void {
  const moved = new Set<object>();
  for (let i = 0; i < transfer.length; i++) {
    const refused = check(s, transfer[i], moved);
    if (refused !== null) throw serializationError(`transfer[${i}]`, refused);
    moved.add(transfer[i]);
  }
  s.moved = moved;
}

/** Ports of messages that were written: nobody else can be sent them. */
const movedPorts = new WeakSet<object>();

/** Moves the objects of the list, also those that the value did not contain. */
export function finishTransfer(s: Encoding): void {
  if (s.moved === null) return;
  let index = 0;
  for (const object of s.moved) {
    if (isPort(object)) {
      if (!s.transfers.includes(object)) s.transfers.push(object);
    } else if (s.route === "process") takeOver(object as ArrayBuffer, index, 0);
    else {
      const own = takeOver(object as ArrayBuffer, index);
      replace(s.attachments, object, own);
      replace(s.transfers, object, own);
    }
    index++;
  }
}

function replace<T>(list: T[], object: T, by: T): void {
  const at = list.indexOf(object);
  if (at >= 0) list[at] = by;
}

/** A message is written: its ports belong to it. */
export function movePorts(transfers: readonly object[]): void {
  for (const object of transfers) if (isPort(object)) movedPorts.add(object);
}

/** Whether a port belongs to a message that was written. */
export function wasMoved(port: object): boolean {
  return movedPorts.has(port);
}

/** Refuses a port that another message moves. */
export function checkPort(port: object): Refusal | null {
  return wasMoved(port)
    ? refusal("a MessagePort that was sent before", "it can be moved only once")
    : null;
}

function check(s: Encoding, object: unknown, moved: Set<object>): Refusal | null {
  if (typeof object !== "object" || object === null) {
    return refusal(
      object === null ? "null" : `of type ${typeof object}`,
      "a transfer list holds ArrayBuffers and MessagePorts",
    );
  }
  if (moved.has(object)) return new Refusal("", "it is in the list twice; name it once");
  if (s.transfers.includes(object)) {
    return new Refusal("", "it is moved by an earlier value of the same message; name it once");
  }
  const kind = Object.prototype.toString.call(object).slice(8, -1);
  if (kind === "ArrayBuffer") {
    return (object as ArrayBuffer).detached
      ? refusal("an ArrayBuffer that was moved away before", "it can be moved only once")
      : null;
  }
  if (isPort(object)) {
    return s.route === "thread" ? checkPort(object) : refusal(
      "a MessagePort",
      'it only travels to threads; use the "thread" start method',
    );
  }
  if (ArrayBuffer.isView(object)) {
    return refusal(`a ${kind}`, "name its buffer instead: transfer: [view.buffer]");
  }
  const { what } = kind === "SharedArrayBuffer"
    ? refusal("shared memory", "")
    : describeObject(object);
  return refusal(what, "only ArrayBuffers and MessagePorts can be moved");
}

/** Empties a buffer; returns another one with so many of its bytes, or all. */
function takeOver(buffer: ArrayBuffer, index: number, bytes?: number): ArrayBuffer {
  try {
    return buffer.transfer(bytes);
  } catch (cause) {
    const reason =
      "it is an ArrayBuffer that its owner keeps, such as the memory of a WebAssembly module, or the " +
      "one that Node takes small Buffers from; leave it out of transfer, or copy the part that is " +
      "needed: Uint8Array.from(buffer)";
    throw serializationError(`transfer[${index}]`, new Refusal("", reason, cause));
  }
}
