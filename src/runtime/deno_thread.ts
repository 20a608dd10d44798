/**
 * Layer 1, runtime. The memory limit of Deno's threads. In a thread that reaches it Deno stops the
 * code that runs, and then goes on waiting for timers and messages. Here such a thread ends, with an
 * error. One that has no limit, as a flag of the program's sets that of all heaps, does not begin.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";

const LOOK_MS = 50;
/** V8's limit is higher than what it was given, by the space for young objects. */
const YOUNG_MB = 256;

/**
 * In a thread: says when its memory is used up. Deno raises the limit a little when it is reached,
 * and so lets a timer run once more.
 *
 * @throws {ProcessError} If its memory is not limited.
 */
export function watchMemory(limitMb: number, fail: (message: string) => void): void {
  const { getHeapStatistics } = process.getBuiltinModule("node:v8");
  const limit = getHeapStatistics().heap_size_limit;
  if (limit > (limitMb + YOUNG_MB) * 1024 * 1024) {
    throw new ProcessError(
      `Cannot limit the memory of this thread to ${limitMb} MB: the program runs with ` +
        '--v8-flags=--max-old-space-size, which goes before; use the "spawn" start method',
    );
  }
  const timer = setInterval(() => {
    if (getHeapStatistics().heap_size_limit <= limit) return;
    clearInterval(timer);
    fail(`Out of memory: this thread has used up its ${limitMb} MB\n`);
  }, LOOK_MS);
  timer.unref();
}
