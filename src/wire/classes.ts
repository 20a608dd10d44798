/**
 * Layer 3, wire. Owns the table of classes whose instances travel: the user's (`registerClass`)
 * and the library's own objects (`registerInternal`). Imports nothing.
 *
 * A child imports the modules that its functions come from, which run the same `registerClass`
 * calls; the name is what both sides share.
 *
 * @module
 */

import { show } from "../show.ts";

/** Any class, whatever its constructor takes. */
export type AnyClass<T> = abstract new (...args: never) => T;

/** How instances of a class travel: as other data. */
export type ClassOptions<T, D> = {
  /** What both sides call the class; the class's own name if left out. */
  name?: string;
  /** Turns an instance into data that can travel. */
  reduce: (value: T) => D;
  /** Makes an instance of that data, on the other side. */
  rebuild: (data: D) => T;
};

/** What an object of the library sees of the `Encoder`. */
export type WireOutput = {
  readonly route: "process" | "thread";
  u8(n: number): void;
  u32(n: number): void;
  varint(n: number): void;
  f64(n: number): void;
  string(text: string): void;
  bytes(bytes: Uint8Array): void;
  value(value: unknown, path: string): void;
  attach(object: object, transfer?: boolean): number;
  /** Whether an object rides beside the message already. */
  isAttached(object: object): boolean;
  /** Has the reader import a module before it reads. */
  module(url: string): void;
  /** Whether the message is read exactly once. */
  readonly once: boolean;
  /** Hands over what is to be called when the message has been read, or will never be. */
  hold(release: () => void): void;
};

/** What an object of the library sees of the `Decoder`. */
export type WireInput = {
  u8(): number;
  u32(): number;
  varint(): number;
  f64(): number;
  string(): string;
  bytes(): Uint8Array;
  value(): unknown;
  attachment(number: number): object;
  /** How often an object came beside the message. */
  timesAttached(object: object): number;
};

/** How an object of the library travels: it writes and reads its own bytes. */
export type InternalCodec<T> = {
  /** Appends the object's bytes. A `SerializationError` that it throws is given the path. */
  encode(output: WireOutput, value: T): void;
  /** Reads what `encode` wrote. */
  decode(input: WireInput): T;
  /** Gives an object up that was read for nobody: something else in its message could not be read. */
  drop?(value: T): void;
};

/** One class of the table. */
export type Registration = {
  readonly name: string;
  readonly Class: AnyClass<unknown>;
  /** `"error"`: the error envelope, with this class's prototype. */
  readonly kind: "data" | "error" | "internal";
  readonly reduce?: (value: unknown) => unknown;
  readonly rebuild?: (data: unknown) => unknown;
  readonly codec?: InternalCodec<unknown>;
  /** Of an object of the library: what a reader imports first. */
  readonly module?: string;
};

const byName = new Map<string, Registration>();
const byPrototype = new WeakMap<object, Registration>();
const internalByName = new Map<string, Registration>();
const internalModules = new Set<string>();

/** Classes that travel anyway, or that every object belongs to. */
const taken: readonly unknown[] = [
  Object,
  Function,
  Array,
  Map,
  Set,
  Date,
  RegExp,
  ArrayBuffer,
  Error,
];

/**
 * Lets instances of a class travel to other processes: in arguments, results and messages, at any
 * depth. `reduce` runs where the instance is, `rebuild` where it arrives. Call it at the top level
 * of the module that defines the class, so that every process that imports the module knows it.
 *
 * What `reduce` returns may hold anything that can travel, other registered instances as well, but
 * not the instance itself. A subclass needs a registration of its own. Registering the same class
 * again replaces what was there.
 *
 * A class of errors needs no `reduce` and `rebuild`: its instances keep message, stack, cause and
 * own fields like any other error, and arrive as instances of the class. Its constructor is not
 * called.
 *
 * @typeParam T The instances.
 * @typeParam D What they are reduced to.
 * @param Class The class.
 * @param options How its instances travel.
 * @throws {TypeError} If an argument is not what it has to be, or another class has the name.
 *
 * @example
 * ```ts
 * import { registerClass } from "@manycore/multiprocessing";
 *
 * class Money {
 *   readonly cents: number;
 *   constructor(cents: number) {
 *     this.cents = cents;
 *   }
 *   toString(): string {
 *     return (this.cents / 100).toFixed(2);
 *   }
 * }
 * registerClass(Money, {
 *   reduce: (money) => money.cents,
 *   rebuild: (cents: number) => new Money(cents),
 * });
 * ```
 */
export function registerClass<T, D>(Class: AnyClass<T>, options: ClassOptions<T, D>): void;
/**
 * Lets errors of a class arrive as instances of that class.
 *
 * @param Class A class that extends `Error`.
 * @param options What both sides call it.
 */
export function registerClass<T extends Error>(
  Class: AnyClass<T>,
  options?: { name?: string; reduce?: undefined; rebuild?: undefined },
): void;
export function registerClass<T, D>(
  Class: AnyClass<T>,
  options: Partial<ClassOptions<T, D>> = {},
): void {
  checkClass(Class, "registerClass");
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `registerClass(${Class.name}, options) needs { reduce, rebuild }, received ${show(options)}`,
    );
  }
  const { name = Class.name, reduce, rebuild } = options;
  if (typeof name !== "string" || name === "") {
    throw new TypeError(
      `registerClass needs a name that is not empty for ${
        Class.name || "a class without a name"
      }, received ${show(name)}; give { name }`,
    );
  }
  const isError = Class.prototype instanceof Error;
  if (reduce === undefined && rebuild === undefined && isError) {
    add(byName, { name, Class, kind: "error" });
    return;
  }
  if (typeof reduce !== "function" || typeof rebuild !== "function") {
    const [missing, value] = typeof reduce === "function"
      ? ["rebuild", rebuild]
      : ["reduce", reduce];
    throw new TypeError(
      `registerClass(${name}) needs ${missing} to be a function, received ${show(value)}`,
    );
  }
  add(byName, {
    name,
    Class,
    kind: "data",
    reduce: reduce as (value: unknown) => unknown,
    rebuild: rebuild as (data: unknown) => unknown,
  });
}

/**
 * Lets objects of the library itself travel. Their names are apart from the users'.
 *
 * @param Class The class.
 * @param name What both sides call it.
 * @param module The module that registers it: a reader imports it first.
 * @param codec How its objects are written and read.
 */
export function registerInternal<T>(
  Class: AnyClass<T>,
  name: string,
  module: string,
  codec: InternalCodec<T>,
): void {
  checkClass(Class, "registerInternal");
  internalModules.add(module);
  const entry = { name, Class, kind: "internal", codec: codec as InternalCodec<unknown>, module };
  add(internalByName, entry as Registration);
}

/** Whether a module of the library is loaded that lets objects travel. */
export function isInternalModule(url: string): boolean {
  return internalModules.has(url);
}

/** Takes note of another module of the library that objects need. */
export function noteInternalModule(url: string): void {
  internalModules.add(url);
}

/** Lets objects of a subclass travel as those of a class that was given to `registerInternal`. */
export function registerSubclass(Subclass: AnyClass<unknown>, Class: AnyClass<unknown>): void {
  byPrototype.set(Subclass.prototype, byPrototype.get(Class.prototype)!);
}

/** The registration of exactly the class that has this prototype. */
export function registrationOf(prototype: object): Registration | undefined {
  return byPrototype.get(prototype);
}

/** The user's registration with this name. */
export function registrationNamed(name: string): Registration | undefined {
  return byName.get(name);
}

/** The library's registration with this name. */
export function internalNamed(name: string): Registration | undefined {
  return internalByName.get(name);
}

function add(table: Map<string, Registration>, entry: Registration): void {
  const other = table.get(entry.name);
  if (other && other.Class !== entry.Class) {
    throw new TypeError(
      `registerClass cannot register two classes as ${show(entry.name)}; give one another { name }`,
    );
  }
  const before = byPrototype.get(entry.Class.prototype);
  if (before && before.name !== entry.name) table.delete(before.name);
  table.set(entry.name, entry);
  byPrototype.set(entry.Class.prototype, entry);
}

function checkClass(Class: AnyClass<unknown>, where: string): void {
  if (
    typeof Class !== "function" || typeof Class.prototype !== "object" || Class.prototype === null
  ) {
    throw new TypeError(`${where} needs a class, received ${show(Class)}`);
  }
  if (taken.includes(Class)) {
    throw new TypeError(`${where} needs a class of your own: ${Class.name} travels as it is`);
  }
}
