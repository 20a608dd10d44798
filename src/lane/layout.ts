/**
 * Layer 5, lane. The words of a lane: two rings, one for each direction, and the claims. Each ring
 * has one writer and one reader.
 *
 * ```text
 * Layout      a direction: TAIL, then on a cache line of its own HEAD, then ASLEEP and FULL
 *             FREE_AT: the first page of the file that no ring has; KEY_AT; the claims; the rings
 * Invariants  L1 TAIL is stored by the writer only, after what it covers; HEAD by the reader only,
 *                after it has read: a message is there, and gone, with one store.
 *             L2 TAIL - HEAD never exceeds the bytes of the ring.
 * Wake-up     a reader sets ASLEEP, then looks at TAIL again. A writer stores TAIL, then takes
 *             ASLEEP back: who takes it rings. A writer without room does the same with FULL.
 * Failure     whoever dies has stored TAIL or not; nothing needs repair, and what is there can be
 *             read after the death.
 * Cost        a message: two stores, two loads; a ring only if the other side is asleep.
 * ```
 *
 * @module
 */

/** The words of one direction, relative to {@link DIRECTION}. */
export const RING = { TAIL: 0, HEAD: 16, ASLEEP: 32, FULL: 33, LENGTH: 48 } as const;
/** Where the words of a direction begin. */
export const DIRECTION = { TO_CHILD: 0, TO_PARENT: RING.LENGTH } as const;
/** Where the part of the file begins that rings have not taken yet, in pages. */
export const FREE_AT = 2 * RING.LENGTH;
/** A number that tells this lane from any other file. */
export const KEY_AT = FREE_AT + 1;
/** Where the claims begin, each on a cache line of its own. */
export const CLAIMS_AT = FREE_AT + 16;
/** Words from one claim to the next. */
export const CLAIM_WORDS = 16;
/** How many claims there are. */
export const CLAIMS = 8;

/** Bytes of a page, and of what stands before the rings. */
export const PAGE = 4096;
/** Bytes of each ring at the beginning. */
export const FIRST_RING = 64 * 1024;
/** Where the first ring of a direction lies. */
export const FIRST_RING_AT = { TO_CHILD: PAGE, TO_PARENT: PAGE + FIRST_RING } as const;
/** Bytes of a new lane. */
export const LANE_BYTES = PAGE + 2 * FIRST_RING;
/** The largest ring, in bytes. Longer messages go another way. */
export const MAX_RING = 64 * 1024 * 1024;

/** In the place of a message's length: the message comes over the channel. */
export const BESIDE = -1;
/** In the place of a message's length: page and bytes of the ring where messages go on. */
export const MOVED = -2;
