/**
 * Layer 12, manager. What all proxies have in common: which object of which server they stand for,
 * and the reference that they hold. Owns the table of their classes. What they say goes through a
 * `Wire`, which is a link to the server.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { showsAs } from "../inspect.ts";
import { timeoutOf } from "../park/wait.ts";
import type { WaitOptions } from "../park/wait.ts";
import { registerSubclass } from "../wire/classes.ts";
import type { AnyClass } from "../wire/classes.ts";
import { withCaller } from "../wire/remote_error.ts";
import type { Kind } from "./kinds.ts";

/** The way to a server, as far as a proxy needs it. */
export interface Wire {
  /** Calls a method. */
  call(
    kind: Kind,
    method: number,
    object: number,
    args: readonly unknown[],
    signal: AbortSignal | undefined,
  ): Promise<unknown>;
  /** Gives a reference back. */
  drop(object: number): void;
}

/** What a proxy is made of. */
export class ProxyParts {
  readonly link: Wire;
  readonly object: number;
  readonly kind: Kind;
  constructor(link: Wire, object: number, kind: Kind) {
    this.link = link;
    this.object = object;
    this.kind = kind;
  }
}

/** Gives back the references of proxies that nobody has any more. */
const forgotten = new FinalizationRegistry<ProxyParts>(({ link, object }) => link.drop(object));

let partsOf: (proxy: RemoteProxy) => ProxyParts;
let isOpen: (proxy: RemoteProxy) => boolean;

/**
 * Stands for an object that lives in the server of a manager. Every method returns a promise. Calls
 * that are made in one turn of the event loop travel together; those of one process are carried out
 * in their order, and one that waits does not hold up the others.
 *
 * A proxy travels, in arguments, results and messages: what arrives stands for the same object. Each
 * one holds a reference: the object goes when the last of them was disposed of, was collected as
 * garbage, or ended with its process.
 */
export class RemoteProxy {
  readonly #parts: ProxyParts;
  #open = true;

  static {
    partsOf = (proxy) => proxy.#parts;
    isOpen = (proxy) => proxy.#open;
  }

  /** Proxies are made by a manager only. */
  constructor(parts: object) {
    if (!(parts instanceof ProxyParts)) {
      throw new TypeError(
        `Cannot make a ${new.target.name} with new: ask a manager, as in await manager.dict()`,
      );
    }
    this.#parts = parts;
    forgotten.register(this, parts, this);
  }

  /** Gives the reference up: this proxy is not used any more. A second call does nothing. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    forgotten.unregister(this);
    this.#parts.link.drop(this.#parts.object);
  }

  /** What it stands for, such as `dict 3`. */
  toString(): string {
    return `${this.#parts.kind.name} ${this.#parts.object}`;
  }
}

/**
 * What a proxy is made of, to send it.
 *
 * @throws {ProcessError} If it was disposed of.
 */
export function openParts(proxy: RemoteProxy, action: string): ProxyParts {
  const parts = partsOf(proxy);
  if (isOpen(proxy)) return parts;
  throw new ProcessError(
    `Cannot ${action} ${parts.kind.name}: this proxy was disposed of; make another one`,
  );
}

/** Calls a method of the object. */
export function invoke<T>(
  proxy: RemoteProxy,
  method: string,
  args: readonly unknown[],
  signal?: AbortSignal,
): Promise<T> {
  const { link, object, kind } = partsOf(proxy);
  if (!isOpen(proxy)) {
    return new Promise<T>(() => openParts(proxy, `call ${method} of the`));
  }
  return withCaller(() =>
    link.call(kind, kind.numbers.get(method)!, object, args, signal) as Promise<T>
  );
}

/** Calls a method that may wait: its first argument is how long. */
export function invokeWait<T>(
  proxy: RemoteProxy,
  method: string,
  options: WaitOptions | undefined,
  action: string,
  ...args: unknown[]
): Promise<T> {
  let timeout: number;
  try {
    timeout = timeoutOf(options, action);
  } catch (error) {
    return Promise.reject(error);
  }
  return invoke<T>(proxy, method, [timeout, ...args], options?.signal);
}

type ProxyClass = new (parts: object) => RemoteProxy;

const classes = new Map<string, ProxyClass>();
const made = new WeakMap<Kind, ProxyClass>();

/** Says which class the proxies of a kind of the library have. */
export function registerProxy(kind: string, Class: ProxyClass): void {
  classes.set(kind, Class);
}

/** The classes of the library's proxies. */
export function proxyClasses(): Iterable<ProxyClass> {
  return new Set(classes.values());
}

/** Makes the proxy of an object. */
export function makeProxy(link: Wire, object: number, kind: Kind, own: boolean): RemoteProxy {
  const Class = own ? classOf(kind) : classes.get(kind.name)!;
  return new Class(new ProxyParts(link, object, kind));
}

/** The class of the proxies of a registered class. */
function classOf(kind: Kind): ProxyClass {
  const known = made.get(kind);
  if (known !== undefined) return known;
  const Class = class extends RemoteProxy {};
  Object.defineProperty(Class, "name", { value: `${kind.name}Proxy` });
  for (const method of kind.methods) {
    const value = function (this: RemoteProxy, ...args: unknown[]) {
      return invoke(this, method, args);
    };
    Object.defineProperty(value, "name", { value: method });
    const descriptor = { value, writable: true, configurable: true };
    Object.defineProperty(Class.prototype, method, descriptor);
  }
  registerSubclass(Class as AnyClass<unknown>, RemoteProxy as AnyClass<unknown>);
  made.set(kind, Class);
  return Class;
}
showsAs(RemoteProxy, (proxy) => ({ object: String(proxy), disposed: !isOpen(proxy) }));
