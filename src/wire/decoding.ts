/**
 * Layer 3, wire. Owns what the decoder remembers while it reads: the reference table and shapes of
 * one value, and the budgets that keep hostile bytes from costing more than their own size. May
 * touch the reader.
 *
 * @module
 */

import { FunctionReferenceError, ProtocolError } from "../errors.ts";
import type { InternalCodec, Registration, WireInput } from "./classes.ts";
import { functionHooks } from "./function_hook.ts";
import { Reader } from "./reader.ts";

/** V8 makes much longer arrays as tables, for good. */
const LONGEST = 2 ** 24;

/** Stands in the reference table for an object that is not finished. */
export const PENDING: unique symbol = Symbol("pending");

/** Stands for what is not made while a value is read for nobody. */
const NOTHING = () => {};

/** Reads any value at a depth. Handed to the files that read parts of a value. */
export type ReadAny = (s: Decoding, depth: number) => unknown;

/** An element so far away that no engine keeps what is before it as one block of memory. */
export const FAR = 0xfffffffe;

/** Elements that engines would make room for: nearer ones cost little, more distant ones none. */
const ROOMY = [16, 1100] as const;

/** The index of an element that a key stands for, or -1. */
export function arrayIndex(key: string): number {
  const index = Number(key) >>> 0;
  return String(index) === key && index !== 0xffffffff ? index : -1;
}

/** The keys that an object of the value has had. */
export type Shape = {
  readonly keys: readonly string[];
  /** Whether plain assignment makes own properties of all of them. */
  readonly plain: boolean;
  /** Whether one of them is `then`. */
  readonly thenable: boolean;
  /** The largest index among them, or -1. */
  readonly reach: number;
};

/** What an outer value needs back. */
export type OuterValue = Pick<
  Decoding,
  "references" | "shapes" | "classes" | "reserved"
>;

/** Everything that is known while values are read from one message. */
export class Decoding {
  readonly from: Reader;
  readonly attachments: readonly unknown[];
  /** The decoder, for objects of the library that read themselves. */
  readonly input: WireInput;

  /** Of the value. */
  references: unknown[] = [];
  shapes: Shape[] = [];
  classes: Registration[] = [];
  /** Elements that may still be allocated before they are read: one for each byte of the value. */
  slots = 0;
  /** Bytes that resizable buffers have promised beyond their contents. */
  reserved = 0;
  /** What the value failed for first, other than its bytes: passed on as it is. */
  foreign: { readonly error: unknown } | null = null;
  /** Whether the value is read for nobody: nothing of the user's runs, no function is looked up. */
  dropping = false;
  /** The objects of the library in it that have to be given up then. */
  made: (() => void)[] | null = null;

  constructor(bytes: Uint8Array, attachments: readonly unknown[], input: WireInput) {
    this.from = new Reader(bytes);
    this.attachments = attachments;
    this.input = input;
  }

  /** Begins a value inside of another one; answers what `resume` needs afterwards. */
  suspend(): OuterValue {
    const { references, shapes, classes, reserved } = this;
    this.references = [];
    this.shapes = [];
    this.classes = [];
    this.reserved = 0;
    return { references, shapes, classes, reserved };
  }

  resume(outer: OuterValue): void {
    Object.assign(this, outer);
  }

  /** Runs code that is not the codec's, whose errors are not about the bytes. */
  outside<T>(run: () => T): T {
    if (!this.dropping) {
      try {
        return run();
      } catch (error) {
        this.fail(error);
      }
    }
    return NOTHING as T;
  }

  /** Takes note of why there will be no value; the rest is read to give up what it refers to. */
  fail(error: unknown): void {
    this.foreign ??= { error };
    this.dropping = true;
  }

  /** Has an object of the library read itself. If that fails, nobody knows where it would have ended. */
  internal<T>(codec: InternalCodec<T>): T {
    try {
      const object = codec.decode(this.input);
      if (codec.drop !== undefined) (this.made ??= []).push(() => codec.drop!(object));
      return object;
    } catch (error) {
      this.foreign ??= { error };
      throw error;
    }
  }

  /** Gives up what was read for nobody. */
  giveUp(): void {
    for (const drop of this.made ?? []) drop();
  }

  /** Begins a value of its own. */
  beginValue(): void {
    this.slots = 64 + (this.from.end - this.from.at);
    this.reserved = 0;
    this.foreign = null;
    this.dropping = false;
  }

  /** Forgets what belonged to the value, so that nothing is kept alive. */
  endValue(): void {
    if (this.references.length > 0) this.references = [];
    if (this.shapes.length > 0) this.shapes = [];
    if (this.classes.length > 0) this.classes = [];
    this.made = null;
  }

  /**
   * An array that will get `length` elements. Making it that long at once is twice as quick as
   * letting it grow, but every array of a nest could claim the whole rest of the message.
   */
  array(length: number): unknown[] {
    if (length > this.slots || length > LONGEST) return [];
    this.slots -= length;
    return new Array(length);
  }

  /**
   * To be called before an object gets the element `index`. An object with the key "999" takes
   * eight kilobytes, most of them for elements that are not there. They are paid for, or the object
   * is made one that the engine keeps as a table: it stays that when the distant element is gone.
   */
  makeRoom(object: object, index: number): void {
    if (index < ROOMY[0] || index > ROOMY[1]) return;
    if (index <= this.slots) {
      this.slots -= index;
      return;
    }
    (object as Record<number, unknown>)[FAR] = null;
    delete (object as Record<number, unknown>)[FAR];
  }

  /** To be called for a property whose name may be `then`. */
  checkThen(key: string, value: unknown): void {
    if (key !== "then" || typeof value !== "function") return;
    const refusal = functionHooks().whyNotThen();
    if (refusal === null) return;
    this.outside(() => {
      throw new FunctionReferenceError(refusal);
    });
  }

  /** The number of an object that is not there yet. */
  reserve(): number {
    return this.references.push(PENDING) - 1;
  }

  /** An object of the table again. */
  known(number: number): unknown {
    const object = this.references[number];
    if (object === undefined || object === PENDING) {
      throw new ProtocolError(
        `Cannot refer to object ${number}: ${
          object === PENDING ? "it is not finished" : `there are ${this.references.length}`
        }`,
      );
    }
    return object;
  }

  /** An object that came beside the bytes, as a value. */
  attached(number: number): object {
    const object = this.attachment(number);
    this.references.push(object);
    return object;
  }

  attachment(number: number): object {
    const object = this.attachments[number];
    if (typeof object !== "object" || object === null) {
      throw new ProtocolError(
        `Cannot read attachment ${number}: ${this.attachments.length} came with the message; nothing ` +
          "does if a port is closed before its message is sent",
      );
    }
    return object;
  }
}
