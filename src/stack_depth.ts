/**
 * Layer 0. How many frames the stacks of new errors have: a setting of the whole isolate, which is
 * changed for a moment and put back. Imports nothing.
 *
 * Does nothing where `Error` is frozen, and in engines without that setting.
 *
 * @module
 */

/** Sets it. Returns what puts it back, to be called before any other code runs. */
export function setStackDepth(frames: number): () => void {
  const before: unknown = Reflect.get(Error, "stackTraceLimit");
  Reflect.set(Error, "stackTraceLimit", frames);
  return () => void Reflect.set(Error, "stackTraceLimit", before);
}

/** As {@link setStackDepth}, unless stacks are deeper already. */
export function deepenStacks(frames: number): () => void {
  return setStackDepth(Math.max(Number(Reflect.get(Error, "stackTraceLimit") ?? 0), frames));
}
