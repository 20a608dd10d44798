/**
 * Layer 12, manager. The public SemaphoreProxy.
 *
 * @module
 */

import { TimeoutError } from "../errors.ts";
import type { WaitOptions } from "../park/wait.ts";
import { guard } from "./lock_proxies.ts";
import type { RemoteHeld } from "./lock_proxies.ts";
import { invoke, invokeWait, registerProxy, RemoteProxy } from "./proxy.ts";

/**
 * A semaphore in the server of a manager. A permit that was taken with `acquire` is anybody's to give
 * back; one that is held with `hold` or `run` comes back by itself when its process is gone.
 *
 * @example
 * ```ts
 * import { Manager } from "@manycore/multiprocessing";
 *
 * if (import.meta.main) {
 *   await using manager = new Manager();
 *   const places = await manager.Semaphore(2);
 *   await places.acquire();
 *   console.log(await places.value); // 1
 * }
 * ```
 */
export class SemaphoreProxy extends RemoteProxy {
  /**
   * Waits for a permit and takes it.
   *
   * @param options `timeout` in milliseconds, default for ever, 0 or less tries once; `signal`.
   * @returns Whether it was taken; `false` when the time is up.
   */
  acquire(options?: WaitOptions): Promise<boolean> {
    return invokeWait(this, "acquire", options, "acquire the semaphore", false);
  }

  /** Takes a permit if there is one now. */
  tryAcquire(): Promise<boolean> {
    return this.acquire({ timeout: 0 });
  }

  /**
   * Gives a permit back.
   *
   * @throws {ProcessError} Of a bounded one: if that is more than it had at first.
   */
  release(): Promise<void> {
    return invoke(this, "release", []);
  }

  /**
   * Takes a permit and returns a guard that gives it back.
   *
   * @throws {TimeoutError} When the time is up.
   */
  async hold(options?: WaitOptions): Promise<RemoteHeld> {
    const taken = await invokeWait(this, "acquire", options, "hold the semaphore", true);
    if (taken) return guard(false, () => invoke(this, "releaseHeld", []));
    throw new TimeoutError(
      `Could not hold the semaphore within ${options?.timeout} ms; wait longer, or use acquire, ` +
        "which returns false",
    );
  }

  /** Runs a function while holding a permit; returns what it returns. */
  async run<R>(fn: () => R | PromiseLike<R>, options?: WaitOptions): Promise<R> {
    await using _held = await this.hold(options);
    return await fn();
  }

  /** How many permits there are. */
  get value(): Promise<number> {
    return invoke(this, "value", []);
  }
}

registerProxy("Semaphore", SemaphoreProxy);
registerProxy("BoundedSemaphore", SemaphoreProxy);
