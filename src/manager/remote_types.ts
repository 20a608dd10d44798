/**
 * Layer 12, manager. The types of what a registered class becomes: its proxies, and the method of a
 * manager that makes them. Nothing of it runs.
 *
 * @module
 */

import type { RemoteProxy } from "./proxy.ts";

/** The proxy of an object of a registered class: its methods, each returning a promise. */
export type Remote<T> =
  & RemoteProxy
  & {
    [
      K in keyof T as T[K] extends (...args: never[]) => unknown
        ? K extends "then" | `_${string}` | symbol ? never : K
        : never
    ]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>>
      : never;
  };

/** What comes of an object in the server: its proxy, unless it travels by itself. */
export type Made<T> = T extends RemoteProxy ? T : T extends object ? Remote<T> : T;

/** The method of a manager that makes an object of a registered class. */
export type Make<C> = C extends new (...args: infer A) => infer T
  ? (...args: A) => Promise<Remote<T>>
  : C extends (...args: infer A) => infer R ? (...args: A) => Promise<Made<Awaited<R>>>
  // deno-lint-ignore no-explicit-any -- what only the server knows
  : (...args: any[]) => Promise<any>;
