/**
 * Layer 5, lane. Looks into the lanes of this isolate for a moment after each message, turn by turn
 * of the event loop, so that whoever answers soon need not ring. Owns the set of lanes that are
 * looked into. Timers, promises and sockets have their turns in between.
 *
 * @module
 */

import { soon } from "../runtime/soon.ts";

/** What can be looked into. */
export interface Polled {
  /** Reads what is there; returns whether there was anything. */
  drain(): boolean;
  /** It was worth it to look. */
  found(): void;
  /** For how many milliseconds from now a message is worth looking for. */
  patience(): number;
  /** Nothing has come: from now on messages ring. `false` if one has come meanwhile. */
  giveUp(): boolean;
}

const until = new Map<Polled, number>();
let running = false;

/** Looks into a lane for a moment; it sleeps afterwards. */
export function expect(lane: Polled): void {
  until.set(lane, performance.now() + lane.patience());
  if (running) return;
  running = true;
  soon(poll);
}

/** Looks no more. */
export function forget(lane: Polled): void {
  until.delete(lane);
}

function poll(): void {
  const now = performance.now();
  for (const [lane, end] of until) {
    if (lane.drain()) {
      lane.found();
      until.set(lane, performance.now() + lane.patience());
    } else if (now >= end && lane.giveUp()) until.delete(lane);
  }
  running = until.size > 0;
  if (running) soon(poll);
}
