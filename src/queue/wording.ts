/**
 * Layer 7, queue. What the queues say when something does not work.
 *
 * @module
 */

import { CHANNEL } from "../channel/channel_words.ts";
import type { Wording } from "../channel/channel.ts";
import { ProcessError, QueueEmpty, QueueFull, QueueShutDown } from "../errors.ts";

const PUT = "put an item into the queue";
const TAKE = "get an item from the queue";

/** Of a wait or an attempt that does not succeed. */
export const QUEUE_WORDING: Wording = {
  put: PUT,
  take: TAKE,
  failure(action, result, timeout) {
    const putting = action === PUT;
    if (result === CHANNEL.SHUT) {
      return new QueueShutDown(
        putting
          ? `Cannot ${action}: it was shut down, and takes no more`
          : `Cannot ${action}: it was shut down, and everything has been taken`,
      );
    }
    const when = timeout > 0 && timeout !== Infinity ? ` within ${timeout} ms` : " now";
    return putting
      ? new QueueFull(`Cannot ${action}: there was no room${when}; get items, or wait longer`)
      : new QueueEmpty(`Cannot ${action}: there was none${when}; put items, or wait longer`);
  },
};

/** Of a queue that this object may not be used for any more. */
export function closed(action: string): ProcessError {
  return new ProcessError(
    `Cannot ${action}: it was closed here; make another one, or close it when its work is done`,
  );
}
