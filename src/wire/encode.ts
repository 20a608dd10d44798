/**
 * Layer 3, wire. Owns the `Encoder`: values and protocol fields into one message. May touch the
 * rest of this folder.
 *
 * @module
 */

import { SerializationError } from "../errors.ts";
import { Encoding, type Route } from "./encoding.ts";
import { writeAny } from "./encode_values.ts";
import { type ExportReference, functionHooks } from "./function_hook.ts";
import {
  fullPath,
  isStackOverflow,
  Refusal,
  RESTART,
  serializationError,
  thrownByUser,
} from "./refusal.ts";
import { writeString, writeText } from "./strings.ts";
import { beginTransfer, finishTransfer, movePorts } from "./transfer.ts";

export type { Route };

/** A finished message. */
export type Message = {
  /** The caller's own. Nothing else uses its buffer, which may be longer than the bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Objects that ride beside the bytes, in a message to a thread. */
  attachments: readonly unknown[];
  /** Those of them that are moved, and what else the transfer lists name. */
  transferList: readonly object[];
  /**
   * To be called when the message has been read, or will never be. Of a message that is read exactly
   * once: only if it will never be.
   */
  readonly holds: (() => void)[];
};

/** Writes messages. One encoder serves for any number of them, one after the other. */
export class Encoder {
  readonly #encoding: Encoding;
  #inValue = false;

  /** Whether each message is read exactly once, so that what it refers to is handed over with it. */
  readonly once: boolean;

  /**
   * @param route Where the messages go; it decides what can be in them.
   * @param options `once`: see above. `inline`: large buffers are copied into the bytes, also for a
   * thread, unless they are moved.
   */
  constructor(
    route: Route,
    { once = false, inline = false }: { once?: boolean; inline?: boolean } = {},
  ) {
    this.#encoding = new Encoding(route, this, inline);
    this.once = once;
  }

  /** Where the messages go. */
  get route(): Route {
    return this.#encoding.route;
  }

  /** What holds the bytes so far; they change with the next message. */
  get buffer(): Uint8Array {
    return this.#encoding.to.bytes;
  }

  /** Bytes so far. */
  get length(): number {
    return this.#encoding.to.at;
  }

  /** Objects that ride beside the bytes so far. */
  get attachments(): readonly unknown[] {
    return this.#encoding.attachments;
  }

  /** Those that are moved. */
  get transferList(): readonly object[] {
    return this.#encoding.transfers;
  }

  /** Addresses of the modules that the functions in the message come from. */
  get modules(): Set<string> {
    return this.#encoding.modules;
  }

  /** The references of those functions: what of it is known where it is read needs no module. */
  get mentioned(): Set<ExportReference> {
    return this.#encoding.mentioned;
  }

  /** Appends a byte. */
  u8(n: number): void {
    this.#encoding.to.u8(n);
  }

  /** Appends four bytes. */
  u32(n: number): void {
    this.#encoding.to.u32(n);
  }

  /** Appends an integer from 0 to 2^53-1, small ones in fewer bytes. */
  varint(n: number): void {
    this.#encoding.to.varint(n);
  }

  /** Appends eight bytes. */
  f64(n: number): void {
    this.#encoding.to.f64(n);
  }

  /** Appends text with its length. */
  string(text: string): void {
    writeString(this.#encoding.to, text);
  }

  /** Appends bytes with their length. */
  bytes(bytes: Uint8Array): void {
    this.#encoding.to.varint(bytes.length);
    this.#encoding.to.raw(bytes);
  }

  /** Appends bytes as they are: a value that another encoder has written. */
  raw(bytes: Uint8Array): void {
    this.#encoding.to.raw(bytes);
  }

  /** Appends a part of a buffer as it is. */
  part(bytes: Uint8Array, start: number, end: number): void {
    this.#encoding.to.part(bytes, start, end);
  }

  /** Copies the bytes so far. */
  copyTo(bytes: Uint8Array, at: number): void {
    this.#encoding.to.copyTo(bytes, at);
  }

  /** Whether the bytes are everything: nothing rides beside them, nothing is to be called. */
  get isPlain(): boolean {
    const { attachments, transfers, holds } = this.#encoding;
    return attachments.length === 0 && transfers.length === 0 && holds.length === 0;
  }

  /** Whether something is to be called if the message is never read. */
  get holdsAny(): boolean {
    return this.#encoding.holds.length > 0;
  }

  /** Takes protocol fields back; values and what rides beside them stay as they are. */
  truncate(length: number): void {
    this.#encoding.to.at = length;
  }

  /**
   * Lets an object ride beside the bytes, in a message to a thread.
   *
   * @param object What `postMessage` can send.
   * @param transfer Whether it is moved.
   * @returns Its number, for the other side's `attachment`.
   */
  attach(object: object, transfer = false): number {
    return this.#encoding.attach(object, transfer);
  }

  /** Whether an object rides beside the message already. */
  isAttached(object: object): boolean {
    return this.#encoding.attachments.includes(object);
  }

  /** Has the reader import a module before it reads. */
  module(url: string): void {
    this.#encoding.modules.add(url);
  }

  /** Hands over what is to be called when the message has been read, or will never be. */
  hold(release: () => void): void {
    this.#encoding.holds.push(release);
  }

  /**
   * Appends one value that stands for itself: two values never share objects.
   *
   * @param value Anything that can travel.
   * @param path What the value is to the user, such as `args`, for the message of an error.
   * @param transfer Buffers and ports to move rather than copy.
   * @throws {SerializationError} If a part of the value cannot travel. The message being written
   * is then as it was before the call.
   * @throws {FunctionReferenceError} If a function in it cannot be found by another process.
   */
  value(value: unknown, path: string, transfer?: readonly object[]): void {
    const s = this.#encoding;
    if (transfer === undefined || transfer.length === 0) {
      if (typeof value === "number") {
        s.to.number(value);
        return;
      }
      if (typeof value === "string") {
        writeText(s.to, value);
        return;
      }
    }
    if (transfer !== undefined && !Array.isArray(transfer)) {
      throw new TypeError(`transfer needs to be an array, received ${typeof transfer}`);
    }
    const outer = this.#inValue ? s.suspend() : null;
    this.#inValue = true;
    const mark = s.mark();
    try {
      this.#write(value, transfer);
    } catch (error) {
      s.back(mark);
      throw explain(error, path);
    } finally {
      s.endValue();
      if (outer === null) this.#inValue = false;
      else s.resume(outer);
    }
  }

  /** Finishes the message and begins the next one. */
  take(): Message {
    const s = this.#encoding;
    const { attachments, transfers, holds } = s;
    if (attachments.length > 0) s.attachments = [];
    if (transfers.length > 0) {
      movePorts(transfers);
      s.transfers = [];
    }
    if (holds.length > 0) s.holds = [];
    if (s.modules.size > 0) s.modules = new Set();
    if (s.mentioned.size > 0) s.mentioned = new Set();
    return { bytes: s.to.take(), attachments, transferList: transfers, holds };
  }

  /** Forgets the message that was begun. */
  reset(): void {
    for (const release of this.#encoding.holds) release();
    this.sent();
  }

  /** Begins the next message: somebody has copied this one, and it is on its way. */
  sent(): void {
    const s = this.#encoding;
    s.to.restart();
    if (s.attachments.length > 0) s.attachments = [];
    if (s.transfers.length > 0) s.transfers = [];
    if (s.holds.length > 0) s.holds = [];
    if (s.modules.size > 0) s.modules = new Set();
    if (s.mentioned.size > 0) s.mentioned = new Set();
  }

  #write(value: unknown, transfer: readonly object[] | undefined): void {
    const s = this.#encoding;
    if (transfer !== undefined && transfer.length > 0) beginTransfer(s, transfer);
    const mark = s.mark();
    try {
      writeAny(s, value, 0);
    } catch (error) {
      if (error !== RESTART) throw error;
      s.back(mark);
      s.partial = null;
      s.whole = true;
      writeAny(s, value, 0);
    }
    finishTransfer(s);
  }
}

/** The error for the caller, which names the path. */
function explain(error: unknown, path: string): unknown {
  if (error instanceof SerializationError && error.path !== undefined) return error;
  if (isStackOverflow(error)) {
    const reason = "it is nested too deep for the stack that is left here; send a flatter value";
    return serializationError(path, new Refusal("", reason, error));
  }
  const refused = error instanceof Refusal ? error : thrownByUser(error);
  const full = fullPath(path, refused.steps);
  if (refused.fn !== null) {
    try {
      functionHooks().describe(refused.fn, full);
    } catch (explained) {
      return explained;
    }
  }
  return serializationError(full, refused);
}
