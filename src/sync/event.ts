/**
 * Layer 5, sync. The public Event. The protocol is in `event_words.ts`.
 *
 * @module
 */

import { showsAs } from "../inspect.ts";
import { newEnd, registerShared } from "../park/adopt.ts";
import type { End } from "../park/end.ts";
import type { StartMethod } from "../park/start_method.ts";
import type { WaitOptions } from "../park/wait.ts";
import { awaitEvent, clearEvent, EVENT_WORDS, isEventSet, setEvent } from "./event_words.ts";

let endOf: (event: Event) => End;

/**
 * A flag that processes, threads and asynchronous tasks wait for.
 *
 * Whoever waits when it is set goes on, even if it is cleared at once.
 *
 * @example
 * ```ts
 * import { Event, Process } from "@manycore/multiprocessing";
 *
 * export async function work(start: Event) {
 *   await start.wait();
 *   console.log("started");
 * }
 *
 * if (import.meta.main) {
 *   const start = new Event();
 *   const child = new Process({ target: work, args: [start] });
 *   child.start();
 *   start.set();
 *   await child.join();
 * }
 * ```
 */
export class Event {
  /** The context of the class; `null` follows the default start method. */
  static readonly startMethod: StartMethod | null = null;

  readonly #end: End = newEnd(this.constructor as typeof Event, EVENT_WORDS);

  /** Sets the flag and wakes everybody who waits. */
  set(): void {
    this.#end.now(setEvent, 0);
  }

  /** Clears the flag: who waits from now on waits for the next `set`. */
  clear(): void {
    this.#end.now(clearEvent, 0);
  }

  /** Whether the flag is set. */
  isSet(): boolean {
    return this.#end.now(isEventSet, 0) === 1;
  }

  /**
   * Waits until the flag is set, without blocking the event loop.
   *
   * @param options `timeout` in milliseconds, default for ever, 0 or less looks once; `signal`.
   * @returns Whether it was set; `false` when the time is up.
   * @throws The signal's reason.
   */
  async wait(options?: WaitOptions): Promise<boolean> {
    return await this.#end.wait(awaitEvent, 0, options, "wait for the event") === 1;
  }

  /** As {@link Event.wait}, blocking this thread. A signal counts only before the wait begins. */
  waitSync(options?: WaitOptions): boolean {
    return this.#end.waitSync(awaitEvent, 0, options, "wait for the event") === 1;
  }

  static {
    endOf = (event) => event.#end;
  }
}

registerShared(Event, "Event", import.meta.url, (event) => endOf(event));
showsAs(Event, (event) => ({ isSet: event.isSet() }));
