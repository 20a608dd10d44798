/**
 * The work of every benchmark, which all JavaScript pools run: the same functions, called
 * directly here and by the peers' workers. `python_pool.py` has the same ones.
 */

/** A task that does nothing but arrive: Python's `def inc(x): return x + 1`. */
export function increment(x: number): number {
  return x + 1;
}

/** A megabyte there, a megabyte back. */
export function echo(values: Float64Array): Float64Array {
  return values;
}

/** Counts the primes below the limit by trial division: nothing but arithmetic. */
export function countPrimes(limit: number): number {
  let count = 0;
  for (let candidate = 2; candidate < limit; candidate++) {
    let prime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor++) {
      if (candidate % divisor === 0) {
        prime = false;
        break;
      }
    }
    if (prime) count++;
  }
  return count;
}

/** What a process does whose start and end are measured. */
export function nothing(): void {}
