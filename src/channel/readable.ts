/**
 * Layer 5, channel. What `wait` can wait for: the classes whose objects are taken from enter
 * themselves here.
 *
 * @module
 */

import type { Channel } from "./channel.ts";

type Look = (object: object) => Channel | null;

const looks: Look[] = [];

/** Enters a class: `look` gives the channel that an object of it takes from, else `null`. */
export function registerReadable(look: Look): void {
  looks.push(look);
}

/** The channel that an object takes from; `null` if it does not. */
export function readableChannel(object: object): Channel | null {
  for (const look of looks) {
    const channel = look(object);
    if (channel !== null) return channel;
  }
  return null;
}
