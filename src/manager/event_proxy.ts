/**
 * Layer 12, manager. The public EventProxy.
 *
 * @module
 */

import type { WaitOptions } from "../park/wait.ts";
import { invoke, invokeWait, registerProxy, RemoteProxy } from "./proxy.ts";

/**
 * An event in the server of a manager.
 *
 * @example
 * ```ts
 * import { Manager } from "@manycore/multiprocessing";
 *
 * if (import.meta.main) {
 *   await using manager = new Manager();
 *   const ready = await manager.Event();
 *   const waiting = ready.wait();
 *   await ready.set();
 *   console.log(await waiting); // true
 * }
 * ```
 */
export class EventProxy extends RemoteProxy {
  /** Sets the event: whoever waits goes on. */
  set(): Promise<void> {
    return invoke(this, "set", []);
  }

  /** Clears the event: whoever comes waits. */
  clear(): Promise<void> {
    return invoke(this, "clear", []);
  }

  /** Whether the event is set. */
  isSet(): Promise<boolean> {
    return invoke(this, "isSet", []);
  }

  /** Waits until the event is set; resolves to `false` when the time is up. */
  wait(options?: WaitOptions): Promise<boolean> {
    return invokeWait(this, "wait", options, "wait for the event");
  }
}

registerProxy("Event", EventProxy);
