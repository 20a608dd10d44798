/**
 * Layer 7, connection. Waiting for several things at once.
 *
 * @module
 */

import { sourceOf } from "../channel/readable.ts";
import type { Source } from "../channel/readable.ts";
import { EXPIRED, timeoutOf, waitFor } from "../park/wait.ts";
import type { WaitOptions } from "../park/wait.ts";
import { closed } from "./wording.ts";

/** What {@link wait} can wait for: connections, queues, and sentinels of processes. */
export type Readable = object;

/** One of the things to wait for. */
interface Waiting {
  readonly object: Readable;
  ready: boolean;
  /** Looks now, or waits until it is ready. */
  wait(timeout: number, signal: AbortSignal): Promise<boolean>;
}

/**
 * Waits until something can be taken without waiting from at least one of several things: a
 * connection has a message or its other end is closed, a queue has an item or was shut down, a
 * process whose `sentinel` is given has ended. Takes nothing.
 *
 * @param readables Connections, queues and sentinels.
 * @param options `timeout` in milliseconds, default for ever, 0 or less only looks; `signal`.
 * @returns Those that are ready, in the order given; none when the time is up. Somebody else may be
 * quicker to take what was there.
 * @throws {TypeError} If one of them cannot be waited for.
 * @throws The signal's reason.
 * @example
 * ```ts
 * import { Pipe, Process, wait } from "@manycore/multiprocessing";
 * import type { Connection } from "@manycore/multiprocessing";
 *
 * export const greet = (to: Connection<string>) => to.send("hello");
 *
 * if (import.meta.main) {
 *   const [reader, writer] = Pipe({ duplex: false });
 *   const child = new Process({ target: greet, args: [writer] });
 *   child.start();
 *   for (const ready of await wait([reader, child.sentinel])) {
 *     console.log(ready === reader ? await reader.recv() : "it has ended"); // hello
 *   }
 *   await child.join();
 * }
 * ```
 */
export async function wait<T extends Readable>(
  readables: Iterable<T>,
  options?: WaitOptions,
): Promise<T[]> {
  const timeout = timeoutOf(options, "wait for several things");
  options?.signal?.throwIfAborted();
  const objects = [...readables];
  const sources = objects.map(waitingFor);
  const over = new AbortController();
  const look = () => Promise.all(sources.map((source) => source.wait(0, over.signal)));
  await look();
  if (!sources.some(({ ready }) => ready) && timeout > 0) {
    const waits = sources.map((source) => source.wait(Infinity, over.signal));
    try {
      const first = waits.length > 0 ? Promise.race(waits) : new Promise<never>(() => {});
      const action = "wait for several things";
      if (await waitFor(first, { timeout, signal: options?.signal }, action) === EXPIRED) return [];
    } finally {
      over.abort();
      for (const wait of waits) wait.catch(() => {});
    }
    await look();
  }
  return objects.filter((_, i) => sources[i].ready);
}

function waitingFor(object: Readable): Waiting {
  const source = typeof object === "object" && object !== null ? sourceOf(object) : null;
  if (source !== null) return waitingForItem(object, source);
  if (object instanceof Promise) return waitingForPromise(object);
  throw new TypeError(
    `Cannot wait for ${typeof object === "object" ? "this object" : String(object)}: give ` +
      "connections that receive and are not closed, queues, and sentinels of processes",
  );
}

function waitingForItem(object: Readable, source: Source): Waiting {
  return {
    object,
    ready: false,
    async wait(timeout, signal) {
      if (this.ready) return true;
      if (sourceOf(object) === null) throw closed("wait for the connection"); // meanwhile
      return this.ready = await source.ready(timeout > 0 ? { signal } : { timeout }, "wait");
    },
  };
}

function waitingForPromise(object: Promise<unknown>): Waiting {
  const waiting: Waiting = {
    object,
    ready: false,
    async wait(timeout) {
      // A promise that is settled already wins against one turn.
      const turn = timeout > 0 ? [] : [Promise.resolve().then(() => {}).then(() => {})];
      await Promise.race([settled, ...turn]);
      return waiting.ready;
    },
  };
  const note = () => void (waiting.ready = true);
  const settled = object.then(note, note);
  return waiting;
}
