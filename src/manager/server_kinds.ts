/**
 * Layer 12, manager. The kinds of objects as a server sees them: how each method is carried out, and
 * how an object of the library's kinds is made. Owns the rule which methods of a user's class can be
 * called.
 *
 * @module
 */

import { calledRemotely } from "../wire/remote_error.ts";
import { BarrierReferent } from "./barrier_referent.ts";
import { ConditionReferent } from "./condition_referent.ts";
import { DictReferent, ListReferent, SetReferent } from "./containers.ts";
import { EventReferent, SemaphoreReferent } from "./event_semaphore.ts";
import { KINDS, makeKind } from "./kinds.ts";
import type { Kind } from "./kinds.ts";
import { LockReferent } from "./lock_referent.ts";
import { PoolReferent } from "./pool_referent.ts";
import { QueueReferent } from "./queue_referent.ts";
import { ArrayReferent, ValueReferent } from "./value_referents.ts";

// deno-lint-ignore no-explicit-any -- each method has its own arguments
type Method = (...args: any[]) => unknown;

/** A kind, with what carries its methods out. */
export interface ServerKind extends Kind {
  /** The methods, each at its number. */
  readonly run: readonly Method[];
  /** Whether a method is given the call before its arguments: it may wait. */
  readonly waits: boolean;
  /** Whether it is a kind of the library. */
  readonly builtIn: boolean;
}

// deno-lint-ignore no-explicit-any -- each class has its own arguments
type Maker = (...args: any[]) => object;

interface Source {
  readonly prototype: object;
  readonly make: Maker;
  readonly waits?: boolean;
}

const SOURCES: Readonly<Record<string, Source>> = {
  list: { prototype: ListReferent.prototype, make: (items) => new ListReferent(items) },
  dict: { prototype: DictReferent.prototype, make: (entries) => new DictReferent(entries) },
  set: { prototype: SetReferent.prototype, make: (items) => new SetReferent(items) },
  Namespace: { prototype: DictReferent.prototype, make: (entries) => new DictReferent(entries) },
  Value: {
    prototype: ValueReferent.prototype,
    make: (type, value) => new ValueReferent(type, value),
  },
  Array: {
    prototype: ArrayReferent.prototype,
    make: (type, items) => new ArrayReferent(type, items),
  },
  Queue: waiting(QueueReferent.prototype, (size) => new QueueReferent(size)),
  JoinableQueue: waiting(QueueReferent.prototype, (size) => new QueueReferent(size)),
  Lock: waiting(LockReferent.prototype, () => new LockReferent(false)),
  RLock: waiting(LockReferent.prototype, () => new LockReferent(true)),
  Semaphore: waiting(SemaphoreReferent.prototype, (n) => new SemaphoreReferent(n, false)),
  BoundedSemaphore: waiting(SemaphoreReferent.prototype, (n) => new SemaphoreReferent(n, true)),
  Event: waiting(EventReferent.prototype, () => new EventReferent()),
  Condition: waiting(ConditionReferent.prototype, (lock) => new ConditionReferent(lock)),
  Barrier: waiting(
    BarrierReferent.prototype,
    (parties, action, timeout) => new BarrierReferent(parties, action, timeout),
  ),
  Pool: waiting(PoolReferent.prototype, (options) => new PoolReferent(options)),
};

function waiting(prototype: object, make: Maker): Source {
  return { prototype, make, waits: true };
}

/** The library's kinds, by name. */
export const SERVER_KINDS: ReadonlyMap<string, ServerKind & { make: Maker }> = new Map(
  Object.entries(SOURCES).map(([name, { prototype, make, waits = false }]) => {
    const kind = KINDS.get(name)!;
    const methods = prototype as Record<string, Method>;
    const run = kind.methods.map((method) => methods[method]);
    return [name, { ...kind, run, waits, builtIn: true, make }];
  }),
);

/**
 * The methods of an object that can be called: those of its classes, or what was listed. Not what
 * every object has, not what begins with `_`, and not `then`, which would make a promise of a proxy.
 */
export function methodsOf(referent: object, exposed: readonly string[] | null): string[] {
  const names = new Set<string>();
  const own = Object.getPrototypeOf(referent) === Object.prototype ? referent : null;
  for (
    let proto: object | null = own ?? Object.getPrototypeOf(referent);
    proto !== null && proto !== Object.prototype && proto !== Function.prototype;
    proto = Object.getPrototypeOf(proto)
  ) {
    for (const name of Object.getOwnPropertyNames(proto)) {
      const value = Object.getOwnPropertyDescriptor(proto, name)?.value as unknown;
      if (typeof value === "function" && isCallable(name)) names.add(name);
    }
  }
  return exposed === null ? [...names] : exposed.filter((name) => names.has(name));
}

/** Whether a method of this name may be called from elsewhere. */
export function isCallable(name: string): boolean {
  return name !== "" && name !== "constructor" && name !== "then" && name !== "__proto__" &&
    !name.startsWith("_");
}

/** The kind of a registered class's objects. */
export function ownKind(number: number, name: string, methods: readonly string[]): ServerKind {
  const run = methods.map((method) =>
    function (this: Record<string, Method>, ...args: unknown[]): unknown {
      return calledRemotely(this[method].bind(this), true, args);
    }
  );
  return { ...makeKind(number, name, methods), run, waits: false, builtIn: false };
}
