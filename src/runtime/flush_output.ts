/**
 * Layer 1, runtime. What a process has written and nobody has read yet: Node, and Bun where it was
 * written to a stream, forget it at `exit()`. Deno writes at once.
 *
 * @module
 */

/** How long the reader may take for it. */
const PATIENCE_MS = 10_000;
const IS_BUN = "Bun" in globalThis;

/** As far as it is asked here. */
interface OutputStream {
  readonly writableLength: number;
  write(text: string, done: () => void): unknown;
  on(event: "error", listener: () => void): unknown;
  /** Bun: calls back when its buffer is empty, at once if it is already. Nothing ends by that. */
  _final?(done: () => void): void;
  /** Bun: it is its own, and not one that the program has put in its place. */
  readonly _isStdio?: boolean;
}

/**
 * In a process: waits until all that it has written is out, or nobody has read it in time.
 *
 * @returns `null` if there is nothing to wait for.
 */
export function flushOutput(): Promise<unknown> | null {
  if ("Deno" in globalThis) return null;
  const used = IS_BUN ? namesUsed() : null;
  const pending = (["stdout", "stderr"] as const)
    .filter((name) => used === null || used.includes(`${name}:`))
    .map((name) => flush(process[name]))
    .filter((flushed) => flushed !== null);
  return pending.length === 0 ? null : Promise.all(pending);
}

/**
 * Bun takes 8 ms to make the streams of `process`, which few programs use, as its `console` does
 * without. A description of the object lists what of it was looked at so far.
 *
 * @returns `null` if it does not say.
 */
function namesUsed(): string | null {
  const load = process.getBuiltinModule as (name: string) => unknown;
  const jsc = load("bun:jsc") as { describe(value: unknown): string } | undefined;
  const description = jsc?.describe(process) ?? "";
  return description.includes("getBuiltinModule:") ? description : null;
}

function flush(stream: OutputStream): Promise<void> | null {
  if (IS_BUN ? !stream._isStdio || !stream._final : stream.writableLength === 0) return null;
  let isOut = false;
  let done = () => void (isOut = true);
  // Bun does not count what is waiting, and an empty write does not wait for it.
  if (IS_BUN) stream._final!(() => done());
  else stream.write("", () => done());
  if (isOut) return null;
  stream.on("error", () => {}); // a closed pipe is no reason for another error
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PATIENCE_MS);
    done = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}
