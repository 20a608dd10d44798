/**
 * Layer 6, pool. What a pool and its workers say to each other. Owns the numbers; `worker_handle.ts`
 * and `worker.ts` write and read them in this order.
 *
 * ```text
 * to a worker
 *   TASKS    (slot+1 · function)* 0 · (run+1 · slot · flags · attempt · first · (ITEM value | SKIP)* END)* 0
 *   ABORT    run · reason            the signal of the task that runs is to abort
 *   STOP                             finish and exit
 * to the pool
 *   READY                            the initializer is done
 *   BROKEN   error                   the initializer failed
 *   RESULTS  (run+1 · offset · (ITEM value | FAILURE error)* (END | END_RUN) · milliseconds)* 0
 *   STARTED  run · offset            a guarded task begins
 *   LISTENS  run                     the task reads its signal: it is worth waiting for
 *   REPORT   run · offset · value
 * ```
 *
 * A run is a piece of one job: some items of a `map`, or one `apply`. Functions are sent once per
 * worker, into a slot; a slot may be written again.
 *
 * @module
 */

/** Message kinds, to a worker. */
export const TASKS = 1;
/** The signal of the running task is to abort. */
export const ABORT = 2;
/** Finish and exit. */
export const STOP = 3;

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

/** Entries of a run or of its results. */
export const END = 0;
/** A value follows. */
export const ITEM = 1;
/** No value: it could not be encoded, or does not matter any more. */
export const SKIP = 2;
/** An error follows. */
export const FAILURE = 3;
/** No more entries, now or later: the run is over. */
export const END_RUN = 4;

/** Run flag: an item is an array of arguments. */
export const STAR = 1;
/** Run flag: say STARTED before each item. */
export const GUARDED = 2;
/** Run flag: send each result before the next item begins, so that a death is blamed exactly. */
export const EXACT = 4;
/** Run flag: the first failure drops the rest of the run. */
export const FAIL_FAST = 8;

/** Number of function slots of a worker. */
export const SLOTS = 256;
