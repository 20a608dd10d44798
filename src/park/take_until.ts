/**
 * Layer 4, park. A loop over what a call gives, one after the other, until it ends. Owns nothing.
 *
 * @module
 */

/**
 * Gives what `take` resolves to, again and again.
 *
 * @param ended Tells of an error of `take` whether it only means the end.
 */
export async function* takeUntil<T>(
  take: () => Promise<T>,
  ended: (error: unknown) => boolean,
): AsyncGenerator<T, void, undefined> {
  for (;;) {
    let item: T;
    try {
      item = await take();
    } catch (error) {
      if (ended(error)) return;
      throw error;
    }
    yield item;
  }
}
