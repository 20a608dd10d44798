/** Collects garbage, in programs that run with `WITH_GC`. */

export async function collect(): Promise<void> {
  const { gc, Bun } = globalThis as { gc?: () => void; Bun?: { gc(force: boolean): void } };
  for (let i = 0; i < 3; i++) {
    if (gc) gc();
    else Bun?.gc(true);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
