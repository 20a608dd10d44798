/**
 * Layer 1, runtime. The memory limit of Deno's threads. In a thread that reaches it Deno stops the
 * code that runs, and then goes on waiting for timers and messages. Here such a thread ends, with an
 * error.
 *
 * @module
 */

const LOOK_MS = 50;

/**
 * In a thread: says when its memory is used up. Deno raises the limit a little when it is reached,
 * and so lets a timer run once more.
 */
export function watchMemory(limitMb: number, fail: (message: string) => void): void {
  const { getHeapStatistics } = process.getBuiltinModule("node:v8");
  const limit = getHeapStatistics().heap_size_limit;
  const timer = setInterval(() => {
    if (getHeapStatistics().heap_size_limit <= limit) return;
    clearInterval(timer);
    fail(`Out of memory: this thread has used up its ${limitMb} MB\n`);
  }, LOOK_MS);
  timer.unref();
}
