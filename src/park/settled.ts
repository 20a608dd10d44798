/**
 * Layer 4, park. Who waits for a promise to settle, and can stop waiting: a `then` cannot be taken
 * back, so a promise that stays pending would keep every wait that was given up. Here each promise
 * gets one `then`, however many wait for it.
 *
 * @module
 */

/** What a promise came to is told to one who waits. */
interface Waiter {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A promise is dropped when it has settled: who comes later asks it anew. */
const waiting = new WeakMap<PromiseLike<unknown>, Set<Waiter>>();

/** Calls back once, when a promise settles. Returns how to call that off. */
export function whenSettled<T>(
  promise: PromiseLike<T>,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): () => void {
  const waiter = { resolve, reject } as Waiter;
  const waiters = waiting.get(promise) ?? listenTo(promise);
  waiters.add(waiter);
  return () => void waiters.delete(waiter);
}

/** How many wait for a promise. */
export function waitersFor(promise: PromiseLike<unknown>): number {
  return waiting.get(promise)?.size ?? 0;
}

function listenTo(promise: PromiseLike<unknown>): Set<Waiter> {
  const waiters = new Set<Waiter>();
  const end = (tell: (waiter: Waiter) => void) => {
    waiting.delete(promise);
    waiters.forEach(tell);
  };
  promise.then(
    (value) => end(({ resolve }) => resolve(value)),
    (error) => end(({ reject }) => reject(error)),
  );
  waiting.set(promise, waiters);
  return waiters;
}
