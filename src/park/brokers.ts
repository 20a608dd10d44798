/**
 * Layer 4, park. The seam to the broker, which is a layer of its own above: `broker/mod.ts` puts
 * itself here when it is loaded.
 *
 * @module
 */

import type { End, MemoryEnd } from "./end.ts";

/** An object, for isolates that cannot reach its memory. */
export interface ObjectName {
  /** Where the broker of its owner listens, and the secret that it asks for. */
  readonly address: string;
  /** The arena, and the object in it. */
  readonly key: number;
  readonly slab: number;
  readonly at: number;
}

/** What this layer asks of the broker. */
export interface Brokers {
  /** The module that puts the broker in its place. */
  readonly module: string;
  /** Lets processes that cannot reach an object's memory use it: starts this isolate's broker. */
  offer(end: MemoryEnd): ObjectName;
  /** The address of this isolate's broker, if there is one, with the object made known to it. */
  addressFor(end: MemoryEnd): string | null;
  /** Where the brokers listen that this isolate knows of, and its own will: hosts with ports. */
  hosts(): string[];
  /** An end that asks the object's broker. */
  reach(name: ObjectName): End;
  /** The name of an object of which this isolate has such an end. */
  nameOf(end: End): ObjectName;
}

let installed: Brokers | null = null;

/** Puts the broker in its place. */
export function installBrokers(brokers: Brokers): void {
  installed = brokers;
}

/** The broker; `null` in a child whose program has not loaded it, and has no object that needs it. */
export function brokers(): Brokers | null {
  return installed;
}
