/**
 * Layer 5, lane. Looks into the lanes of this isolate for a moment after each message, turn by turn
 * of the event loop, so that whoever answers soon need not ring. Owns the set of lanes that are
 * looked into. Timers, promises and sockets have their turns in between. All other lanes are looked
 * into once in a while, so that nothing depends on a ring alone.
 *
 * @module
 */

import { later } from "../runtime/later.ts";
import { soon } from "../runtime/soon.ts";

/** Milliseconds between two looks into all lanes. */
const WATCH_MS = 100;

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

const watched = new Set<Polled>();
let watching = false;
const until = new Map<Polled, number>();
let running = false;

/** Looks into a lane for a moment; it sleeps afterwards. */
export function expect(lane: Polled): void {
  until.set(lane, performance.now() + lane.patience());
  if (running) return;
  running = true;
  soon(poll);
}

/** Looks into a lane from now on. */
export function watch(lane: Polled): void {
  watched.add(lane);
  if (watching) return;
  watching = true;
  later(WATCH_MS, lookAround);
}

/** Looks no more. */
export function forget(lane: Polled): void {
  watched.delete(lane);
  until.delete(lane);
}

// Whatever becomes of a message, the others must be looked for.

function lookAround(): void {
  try {
    for (const lane of watched) if (!until.has(lane) && lane.drain()) expect(lane);
  } finally {
    watching = watched.size > 0;
    if (watching) later(WATCH_MS, lookAround);
  }
}

function poll(): void {
  const now = performance.now();
  try {
    for (const [lane, end] of until) {
      if (lane.drain()) {
        lane.found();
        until.set(lane, performance.now() + lane.patience());
      } else if (now >= end && lane.giveUp()) until.delete(lane);
    }
  } finally {
    running = until.size > 0;
    if (running) soon(poll);
  }
}
