/**
 * Layer 5, channel. How operations on a channel end.
 *
 * @module
 */

/** How a put or a take ends. */
export const CHANNEL = {
  DONE: 1,
  /** The channel is shut, and empty for those who take. */
  SHUT: 2,
  /** The other end is closed, and the channel empty for those who take. */
  CLOSED: 3,
  /** The item is larger than the largest ring. */
  TOO_LARGE: 4,
  /** What stands in the ring is no item. */
  CORRUPT: 5,
} as const;
