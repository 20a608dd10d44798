/**
 * The work of every benchmark, which all JavaScript pools run: the same functions, called
 * directly here and by the peers' workers. `python_pool.py` has the same ones.
 */

/** A task that does nothing but arrive: Python's `def inc(x): return x + 1`. */
export function increment(x: number): number {
  return x + 1;
}

/** A small object, as tasks have them. */
export interface Labelled {
  id: number;
  name: string;
  tags: string[];
  point: { x: number; y: number };
}

export function labelled(id: number): Labelled {
  return { id, name: `item ${id}`, tags: ["red", "round"], point: { x: id, y: id / 4 } };
}

/** A small object there, another one like it back. */
export function relabel({ id, name, tags, point: { x, y } }: Labelled): Labelled {
  return { id: id + 1, name, tags: [tags[1], tags[0]], point: { x: y, y: x } };
}

/** A megabyte there, a megabyte back. */
export function echo(values: Float64Array): Float64Array {
  return values;
}

/**
 * Arithmetic, one step after the other: takes as long as it has rounds, of 100 steps each.
 *
 * The loops of tasks are short and in functions of their own. V8 can keep a function that is one
 * long loop in slow code, in the parent or in a worker, and then that would be what is measured.
 */
export function burn(rounds: number): number {
  let value = 1.5;
  for (let i = 0; i < rounds; i++) value = burnRound(value);
  return value;
}

function burnRound(value: number): number {
  for (let i = 0; i < 100; i++) value = value * 0.75 + 0.3125;
  return value;
}

/** Counts the primes below the limit by trial division: nothing but arithmetic. */
export function countPrimes(limit: number): number {
  let count = 0;
  for (let candidate = 2; candidate < limit; candidate++) {
    if (isPrime(candidate)) count++;
  }
  return count;
}

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) {
    if (candidate % divisor === 0) return false;
  }
  return true;
}

/** What a process does whose start and end are measured. */
export function nothing(): void {}
