/**
 * Collecting garbage, in programs that run with `WITH_GC`. Throws in others.
 *
 * @module
 */

/** Collects what nobody refers to now. */
export function collectNow(): void {
  const { gc, Bun } = globalThis as { gc?: () => void; Bun?: { gc(force: boolean): void } };
  if (gc) gc();
  else Bun!.gc(true);
}

/** Collects, and lets what is told of it run, until nothing more should come. */
export async function collect(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    collectNow();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
