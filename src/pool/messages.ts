/**
 * Layer 10, pool. What a pool and its workers say to each other. Owns the numbers; `worker_handle.ts`,
 * `answers.ts` and `worker.ts` write and read them in this order, items through `items.ts`.
 *
 * ```text
 * to a worker
 *   TASKS    frame · (DEFINE · slot · function | run+1 · slot · flags · attempt · first · (item | SKIP)* END)* 0
 *   ABORT    run · reason            the signal of the task that runs is to abort; drop the rest
 *   DROP     run                     items of the run that have not begun are not to begin
 *   RECALL   frame                   items of the frame that have not begun are not to begin
 *   STOP                             finish and exit
 * to the pool
 *   READY    origin · now            the initializer is done; the worker's clock
 *   BROKEN   error                   the initializer failed
 *   RESULTS  began · (OVER · frame | run+1 · offset · entry* (END | END_RUN) · milliseconds)* 0
 *            an entry is (TIMED · began · milliseconds)? (item | FAILURE error)
 *   RECALLED frame · begun           so many items of the frame have begun, and no more will
 *   STARTED  run · offset            a guarded task begins, or is about to one of an EXACT run whose
 *                                    items are not claimed
 *   LISTENS  run                     the task reads its signal: it is worth waiting for
 *   REPORT   run · offset · value
 *   UNCAUGHT error                   what the worker is about to end for
 * ```
 *
 * A run is a piece of one job: some items of a `map`, or one `apply`. Functions are sent once per
 * worker, into a slot, before the first run that needs them; a slot may be written again, even by
 * the same message. Run ids begin at 1, so that `run+1` is never DEFINE or OVER.
 *
 * A frame is a message of tasks that is not over: a number below {@link FRAMES}, with {@link CLAIMED}
 * if the worker claims each item before it begins. What may not begin any more is passed over, as if
 * it had not been there.
 *
 * @module
 */

import { CLAIMS } from "../lane/layout.ts";

/** Message kinds, to a worker. */
export const TASKS = 1;
/** The signal of the running task is to abort. */
export const ABORT = 2;
/** Finish and exit. */
export const STOP = 3;
/** What has not begun of a run is not wanted. */
export const DROP = 4;
/** What has not begun of a frame is not to begin. */
export const RECALL = 5;

/** Message kinds, to the pool. */
export const READY = 1;
/** The initializer failed. */
export const BROKEN = 2;
/** Results. */
export const RESULTS = 3;
/** A guarded task begins. */
export const STARTED = 4;
/** The running task reads its signal. */
export const LISTENS = 5;
/** A value that the running task reports. */
export const REPORT = 6;

/** How many items of a frame have begun, in answer to RECALL. */
export const RECALLED = 7;
/** An error that nobody has caught: the worker is about to end. */
export const UNCAUGHT = 8;

/** In place of a run: a function for a slot. */
export const DEFINE = 1;
/** In place of a run: the worker is past a frame. */
export const OVER = 1;
/** So many frames can be under way at a worker. */
export const FRAMES = CLAIMS;
/** In place of a frame's number, where there are no runs. */
export const NO_FRAME = 0x7f;
/** Beside the number of a frame: its items are claimed. */
export const CLAIMED = 0x80;

/** Entries of a run or of its results. */
export const END = 0;
/** A value follows. */
export const ITEM = 1;
/** The item could not be sent: its failure is known already. */
export const SKIP = 2;
/** An error follows. */
export const FAILURE = 3;
/** No more entries, now or later: the run is over. */
export const END_RUN = 4;
/** Four bytes of length follow, then a value. */
export const SIZED = 5;
/** When the item of the next result began, in the worker's time, and how long it ran. */
export const TIMED = 6;

/** Run flag: an item is an array of arguments. */
export const STAR = 1;
/** Run flag: say STARTED before each item. */
export const GUARDED = 2;
/** Run flag: send each result before the next item begins, so that a death is blamed exactly. */
export const EXACT = 4;
/** Run flag: the first failure drops the rest of the run. */
export const FAIL_FAST = 8;
/** Run flag: say of each item when it began and how long it ran. */
export const TRACED = 16;

/** Number of function slots of a worker. */
export const SLOTS = 256;
