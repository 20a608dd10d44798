/**
 * Layer 10, pool. Percentiles of durations in constant memory. Owns the buckets: each octave is cut
 * into 16 of the same width, so the middle of a bucket is at most 3.2 % off what lies in it.
 *
 * ```text
 * bucket      the exponent and the first 4 bits of the fraction of a 32-bit float
 * range       2^-17 ms (8 ns) to 2^31 ms (24 days); what is outside counts as the nearest end
 * ```
 *
 * @module
 */

/** Bits of a float's fraction that choose the part of an octave. */
const PART_BITS = 4;
const PARTS = 1 << PART_BITS;
/** How far a float's bits are shifted, to leave exponent and part. */
const SHIFT = 23 - PART_BITS;
const BIAS = 127;
const LEAST = -17;
const MOST = 31;
const BUCKETS = (MOST - LEAST) * PARTS;
/** The shifted bits of the least value. */
const BASE = (LEAST + BIAS) << PART_BITS;

// One value as a float, and its bits; nothing waits between writing and reading.
const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** How often values of each size occurred. */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  #total = 0;

  /** How many values were added. */
  get count(): number {
    return this.#total;
  }

  /** Adds a value so many times. What is no number, or below 0, counts as 0. */
  add(value: number, count = 1): void {
    float[0] = value > 0 ? value : 0;
    const bucket = (bits[0] >> SHIFT) - BASE;
    this.#counts[bucket < 0 ? 0 : bucket < BUCKETS ? bucket : BUCKETS - 1] += count;
    this.#total += count;
  }

  /**
   * The value that a part of all values does not exceed, to within 3.2 %.
   *
   * @param part Such as 0.99.
   * @returns `null` if nothing was added.
   */
  percentile(part: number): number | null {
    if (this.#total === 0) return null;
    const rank = Math.max(1, Math.ceil(part * this.#total));
    let seen = 0;
    let bucket = 0;
    while (bucket < BUCKETS - 1 && (seen += this.#counts[bucket]) < rank) bucket++;
    return middle(bucket);
  }
}

function middle(bucket: number): number {
  const octave = 2 ** (LEAST + (bucket >> PART_BITS));
  return octave * (1 + ((bucket & (PARTS - 1)) + 0.5) / PARTS);
}
