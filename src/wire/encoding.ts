/**
 * Layer 3, wire. Owns what the encoder remembers while it writes: the reference table and the
 * shapes of one value, the attachments and modules of one message, and how to go back to an
 * earlier point. May touch the writer.
 *
 * @module
 */

import type { Registration, WireOutput } from "./classes.ts";
import type { ExportReference } from "./function_hook.ts";
import { Writer } from "./writer.ts";

/** How the bytes get there: to a process as bytes alone, to a thread with objects beside them. */
export type Route = "process" | "thread";

/** Up to this many objects a search through a list is quicker than a Map. */
const SMALL_TABLE = 12;
const SHAPE_SLOTS = 64;

/** The objects of one value, numbered in the order in which they were met. */
export class References {
  #objects: (object | null)[] = [];
  #count = 0;
  #numbers: Map<object, number> | null = null;

  get count(): number {
    return this.#count;
  }

  /** The object's number, or -1. */
  find(object: object): number {
    if (this.#numbers !== null) return this.#numbers.get(object) ?? -1;
    const objects = this.#objects;
    for (let i = this.#count - 1; i >= 0; i--) if (objects[i] === object) return i;
    return -1;
  }

  /** Gives the object the next number; `null` only uses one up. */
  add(object: object | null): void {
    const number = this.#count++;
    this.#objects[number] = object;
    if (this.#numbers !== null) {
      if (object !== null) this.#numbers.set(object, number);
    } else if (number >= SMALL_TABLE) {
      this.#numbers = new Map();
      this.#objects.forEach((each, i) => each !== null && this.#numbers!.set(each, i));
    }
  }

  /** Forgets all but the first `count`, so that nothing is kept alive. */
  truncate(count: number): void {
    if (count === 0) {
      this.#numbers = null;
      if (this.#count > SMALL_TABLE) this.#objects = [];
      else for (let i = 0; i < this.#count; i++) this.#objects[i] = null;
    } else {
      for (let i = count; i < this.#count; i++) {
        const object = this.#objects[i];
        if (object !== null) this.#numbers?.delete(object);
        this.#objects[i] = null;
      }
    }
    this.#count = count;
  }
}

/**
 * The lists of keys that objects of one value have had. Objects made in the same place have the
 * same keys in the same order, so a list is looked for first where the last one was found, then
 * in one slot. A slot may be out of date: what it points at is always compared.
 */
export class Shapes {
  #lists: string[][] = [];
  #slots = new Int32Array(SHAPE_SLOTS);
  #last = 0;

  get count(): number {
    return this.#lists.length;
  }

  /** The number of the shape with these keys; -1 if it is new, and then it gets the next one. */
  number(keys: string[]): number {
    const lists = this.#lists;
    if (this.#last < lists.length && equal(lists[this.#last], keys)) return this.#last;
    const { length } = keys;
    let hash = length;
    if (length > 0) {
      const first = keys[0];
      const last = keys[length - 1];
      hash += first.length * 3 + last.length * 5 + (first.charCodeAt(0) | 0) * 7 +
        (last.charCodeAt(last.length - 1) | 0) * 11;
    }
    const slot = hash % SHAPE_SLOTS;
    const candidate = this.#slots[slot];
    if (candidate < lists.length && equal(lists[candidate], keys)) return this.#last = candidate;
    this.#last = this.#slots[slot] = lists.length;
    lists.push(keys);
    return -1;
  }

  truncate(count: number): void {
    if (this.#lists.length > count) {
      if (count === 0) this.#lists = [];
      else this.#lists.length = count;
    }
  }
}

function equal(known: string[], keys: string[]): boolean {
  const { length } = keys;
  if (known.length !== length) return false;
  for (let i = 0; i < length; i++) if (known[i] !== keys[i]) return false;
  return true;
}

/** Writes any value at a depth. Handed to the files that write parts of a value. */
export type WriteAny = (s: Encoding, value: unknown, depth: number) => void;

/** A point to go back to. */
export type Mark = {
  readonly at: number;
  readonly references: number;
  readonly shapes: number;
  readonly classes: number;
  readonly open: number;
  readonly attachments: number;
  readonly transfers: number;
  readonly holds: number;
  readonly modules: number;
  readonly mentioned: number;
  readonly reserved: number;
};

/** What an outer value needs back. */
export type Outer = Pick<
  Encoding,
  "references" | "shapes" | "classes" | "open" | "partial" | "whole" | "moved" | "reserved"
>;

/** Everything that is known while values are written into one message. */
export class Encoding {
  readonly to: Writer = new Writer();
  readonly route: Route;
  /** The encoder, for objects of the library that write themselves. */
  readonly output: WireOutput;

  /** Of the message. */
  attachments: unknown[] = [];
  transfers: object[] = [];
  holds: (() => void)[] = [];
  modules: Set<string> = new Set();
  /** The references of those functions. */
  mentioned: Set<ExportReference> = new Set();

  /** Of the value. */
  references: References = new References();
  shapes: Shapes = new Shapes();
  /** Registered classes that the value has named. */
  classes: Registration[] = [];
  /** Registered instances whose reduced data is being written, partial functions whose values are. */
  open: object[] = [];
  /** Buffers of which only the part under a view was written. */
  partial: Set<object> | null = null;
  /** Whether every buffer must be written whole, because one of them turned out to be shared. */
  whole = false;
  /** Buffers and ports that are to be moved. */
  moved: Set<object> | null = null;
  /** Bytes that resizable buffers promise beyond their contents. */
  reserved = 0;

  /** Whether also large buffers are among the bytes, unless they are moved. */
  readonly inline: boolean;

  constructor(route: Route, output: WireOutput, inline: boolean) {
    this.inline = inline;
    this.route = route;
    this.output = output;
  }

  mark(): Mark {
    return {
      at: this.to.at,
      references: this.references.count,
      shapes: this.shapes.count,
      classes: this.classes.length,
      open: this.open.length,
      attachments: this.attachments.length,
      transfers: this.transfers.length,
      holds: this.holds.length,
      modules: this.modules.size,
      mentioned: this.mentioned.size,
      reserved: this.reserved,
    };
  }

  back(mark: Mark): void {
    this.to.at = mark.at;
    this.references.truncate(mark.references);
    this.shapes.truncate(mark.shapes);
    this.classes.length = mark.classes;
    this.open.length = mark.open;
    this.attachments.length = mark.attachments;
    this.transfers.length = mark.transfers;
    for (const release of this.holds.splice(mark.holds)) release();
    if (this.modules.size > mark.modules) {
      this.modules = new Set([...this.modules].slice(0, mark.modules));
    }
    if (this.mentioned.size > mark.mentioned) {
      this.mentioned = new Set([...this.mentioned].slice(0, mark.mentioned));
    }
    this.reserved = mark.reserved;
  }

  /** Begins a value inside of another one; answers what `resume` needs afterwards. */
  suspend(): Outer {
    const { references, shapes, classes, open, partial, whole, moved, reserved } = this;
    this.references = new References();
    this.shapes = new Shapes();
    this.classes = [];
    this.open = [];
    this.partial = null;
    this.whole = false;
    this.moved = null;
    this.reserved = 0;
    return { references, shapes, classes, open, partial, whole, moved, reserved };
  }

  resume(outer: Outer): void {
    Object.assign(this, outer);
  }

  /** Forgets what belonged to the value. */
  endValue(): void {
    this.references.truncate(0);
    this.shapes.truncate(0);
    if (this.classes.length > 0) this.classes = [];
    if (this.open.length > 0) this.open = [];
    this.partial = null;
    this.moved = null;
    this.whole = false;
    this.reserved = 0;
  }

  /** Lets an object ride beside the bytes; answers its number. */
  attach(object: object, transfer: boolean): number {
    if (transfer) this.transfers.push(object);
    return this.attachments.push(object) - 1;
  }
}
