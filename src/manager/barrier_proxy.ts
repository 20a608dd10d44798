/**
 * Layer 12, manager. The public BarrierProxy.
 *
 * @module
 */

import { checkTimeout } from "../park/wait.ts";
import type { WaitOptions } from "../park/wait.ts";
import { invoke, registerProxy, RemoteProxy } from "./proxy.ts";

/**
 * A barrier in the server of a manager: so many parties wait for each other, again and again.
 *
 * @example
 * ```ts
 * import { Manager } from "@manycore/multiprocessing";
 *
 * if (import.meta.main) {
 *   await using manager = new Manager();
 *   const barrier = await manager.Barrier(2);
 *   console.log(await Promise.all([barrier.wait(), barrier.wait()])); // [ 0, 1 ]
 * }
 * ```
 */
export class BarrierProxy extends RemoteProxy {
  /**
   * Waits until all parties wait.
   *
   * @param options `timeout` in milliseconds, default that of the barrier; `signal`. Either breaks it.
   * @returns A number from 0 to `parties` - 1, another one for each party.
   * @throws {TimeoutError} When the time is up.
   * @throws {BrokenBarrierError} If the barrier is broken, or breaks, or is reset meanwhile.
   * @throws What the action throws, in the party that came last; the signal's reason.
   */
  // deno-lint-ignore require-await -- so that a mistake rejects
  async wait(options?: WaitOptions): Promise<number> {
    const { timeout, signal } = options ?? {};
    const limit = timeout === undefined ? null : checkTimeout(timeout, "wait at the barrier");
    return invoke(this, "wait", [limit], signal);
  }

  /** Breaks the barrier. */
  abort(): Promise<void> {
    return invoke(this, "abort", []);
  }

  /** Makes the barrier as new. */
  reset(): Promise<void> {
    return invoke(this, "reset", []);
  }

  /** How many parties there are. */
  get parties(): Promise<number> {
    return invoke(this, "parties", []);
  }

  /** How many of them wait now. */
  get nWaiting(): Promise<number> {
    return invoke(this, "nWaiting", []);
  }

  /** Whether the barrier is broken. */
  get broken(): Promise<boolean> {
    return invoke(this, "broken", []);
  }
}

registerProxy("Barrier", BarrierProxy);
