/**
 * Layer 6, broker. The life of this isolate's helper thread: it starts with the first order, and is
 * looked after as long as somebody waits for it.
 *
 * ```text
 * Failure     The helper runs no code of the user's, but its thread may end: killed, out of memory,
 *             or because its module cannot be loaded. Whoever waits looks once in a second: is its
 *             thread, by number and beginning, still there? Where that cannot be told, a helper
 *             that leaves {@link MAX_SILENCE} pings unanswered counts as ended. It is not started
 *             anew: what it served, and what others hold through it, ended with it.
 * ```
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { load, sleepOn } from "../memory/atomics.ts";
import { ENTRIES, WHY_NO_ENTRIES } from "../runtime/places.ts";
import { startHelper } from "../runtime/helper_thread.ts";
import type { HelperPort } from "../runtime/helper_thread.ts";
import { threadRuns } from "../runtime/liveness.ts";
import { runtime } from "../runtime/mod.ts";
import { whyNoPages } from "../runtime/pages.ts";
import { unusable } from "./failure.ts";
import type { Notice, Order } from "./messages.ts";

/** How often those who wait look after the helper. */
export const LOOK_MS = 1000;
/** Looks without a word from the helper, of a thread that cannot be asked about. */
const MAX_SILENCE = 30;

const bell = new Int32Array(new SharedArrayBuffer(4));
let helper: HelperPort | null = null;
let hear: (notice: Notice) => void = () => {};
let thread = 0;
let began = -1;
let silence = 0;
let ended = false;

/** Calls back with everything that the helper says. */
export function onNotice(callback: (notice: Notice) => void): void {
  hear = callback;
}

/** Whether there is a helper. */
export function hasHelper(): boolean {
  return helper !== null;
}

/** Gives the helper an order. One that has ended gets it in vain: see {@link lookAfterHelper}. */
export function order(what: Order): void {
  if (helper === null) {
    try {
      if (ENTRIES === null) throw new Error(WHY_NO_ENTRIES);
      helper = startHelper(ENTRIES.broker, bell.buffer);
    } catch (error) {
      throw new ProcessError(
        `Cannot share this object between processes: ${whyNoPages()}, and the thread that would do ` +
          `without it cannot start: ${(error as Error).message}`,
        { cause: error },
      );
    }
    helper.onMessage((message) => take(message as Notice));
  }
  helper.post(what);
}

/**
 * Takes what has arrived, or waits for it, a while.
 *
 * @throws {ProcessError} If the helper has ended.
 */
export function hearBlocked(ms: number = LOOK_MS): void {
  const seen = load(bell, 0);
  const message = helper!.take();
  if (message !== undefined) return take(message as Notice);
  sleepOn(bell, 0, seen, ms);
  if (load(bell, 0) === seen) lookAfterHelper();
}

/**
 * Called once in a while by those who wait.
 *
 * @throws {ProcessError} If the helper has ended.
 */
export function lookAfterHelper(): void {
  const runs = threadRuns(thread, began);
  if (!ended && runs === true) return;
  // Asked twice: its last words may be on their way.
  ended ||= ++silence > (runs === false ? 1 : MAX_SILENCE);
  if (ended) {
    throw unusable(
      `the thread that does this for process ${runtime.pid()} has ended, or did not start; what it ` +
        "served and held is lost: end this process and start another one",
    );
  }
  helper?.post(["ping"] satisfies Order);
}

function take(notice: Notice): void {
  silence = 0;
  if (notice[0] === "alive") [, thread, began] = notice;
  else hear(notice);
}
