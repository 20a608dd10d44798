/**
 * Layer 12, manager. The kinds of objects that a server keeps, and their methods by number: what
 * both sides must agree on. A method that is not listed cannot be called.
 *
 * @module
 */

/** A kind of objects. */
export interface Kind {
  /** Below `FIRST_OWN` for the library's own; else given by the server. */
  readonly number: number;
  /** What it is called: `dict`, or the name by which a class was registered. */
  readonly name: string;
  /** Its methods, each at its number. */
  readonly methods: readonly string[];
  /** The other way round. */
  readonly numbers: ReadonlyMap<string, number>;
}

/** Makes a kind. */
export function makeKind(number: number, name: string, methods: readonly string[]): Kind {
  return { number, name, methods, numbers: new Map(methods.map((method, i) => [method, i])) };
}

/** Kinds from this number on are of registered classes. */
export const FIRST_OWN = 64;

const LOCK = ["acquire", "release", "releaseOwn", "locked"];
const SEMAPHORE = ["acquire", "release", "releaseHeld", "value"];
const QUEUE = ["put", "get", "qsize", "empty", "full", "shutdown"];

const METHODS: Readonly<Record<string, readonly string[]>> = {
  list: [
    "push",
    "pop",
    "shift",
    "unshift",
    "at",
    "set",
    "insert",
    "splice",
    "slice",
    "indexOf",
    "includes",
    "reverse",
    "sort",
    "length",
    "toArray",
    "update",
    "clear",
  ],
  dict: [
    "get",
    "set",
    "has",
    "delete",
    "clear",
    "size",
    "keys",
    "values",
    "entries",
    "merge",
    "update",
  ],
  set: ["add", "has", "delete", "clear", "size", "values"],
  Namespace: ["get", "set", "has", "delete", "entries", "update"],
  Value: ["get", "set", "update"],
  Array: ["at", "set", "length", "toArray", "update"],
  Queue: QUEUE,
  JoinableQueue: [...QUEUE, "taskDone", "join"],
  Lock: LOCK,
  RLock: LOCK,
  Semaphore: SEMAPHORE,
  BoundedSemaphore: SEMAPHORE,
  Event: ["set", "clear", "isSet", "wait"],
  Condition: [...LOCK, "wait", "notify"],
  Barrier: ["wait", "abort", "reset", "parties", "nWaiting", "broken"],
  Pool: ["apply", "map", "starmap", "close", "terminate", "join"],
};

/** The library's own kinds, by name. */
export const KINDS: ReadonlyMap<string, Kind> = new Map(
  Object.entries(METHODS).map(([name, methods], i) => [name, makeKind(i, name, methods)]),
);

/** The library's own kinds, by number. */
export const KINDS_BY_NUMBER: readonly Kind[] = [...KINDS.values()];
