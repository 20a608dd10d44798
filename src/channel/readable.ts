/**
 * Layer 5, channel. What `wait` can wait for: the classes whose objects are taken from enter
 * themselves here.
 *
 * @module
 */

import type { WaitOptions } from "../park/wait.ts";

/** Where something can be taken from. */
export interface Source {
  /** Waits until there is something to take, also the end; whether there is when the time is up. */
  ready(options: WaitOptions | undefined, action: string): Promise<boolean>;
}

type Look = (object: object) => Source | null;

const looks: Look[] = [];

/** Enters a class: `look` gives what an object of it takes from, else `null`. */
export function registerReadable(look: Look): void {
  looks.push(look);
}

/** What an object takes from; `null` if it does not. */
export function sourceOf(object: object): Source | null {
  for (const look of looks) {
    const source = look(object);
    if (source !== null) return source;
  }
  return null;
}
