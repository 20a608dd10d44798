/**
 * Layer 12, manager. A pool in a server, for several clients. A call whose client gives it up, or is
 * gone, is stopped if it was made with a signal.
 *
 * @module
 */

import { Pool } from "../pool/pool.ts";
import type { PoolOptions, Task } from "../pool/options.ts";
import type { Call } from "./call.ts";
import { whileWanted } from "./call.ts";

// deno-lint-ignore no-explicit-any -- what a client sends
type AnyTask = Task<any[], unknown>;

/** A pool. */
export class PoolReferent {
  readonly #pool: Pool;

  constructor(options?: number | PoolOptions) {
    this.#pool = new Pool(options);
  }

  apply(call: Call, stop: boolean, fn: AnyTask, args: unknown[], options: object): unknown {
    return stoppable(call, stop, (signal) => this.#pool.apply(fn, args, { ...options, signal }));
  }

  map(call: Call, stop: boolean, fn: AnyTask, items: unknown[], options: object): unknown {
    return stoppable(call, stop, (signal) => this.#pool.map(fn, items, { ...options, signal }));
  }

  starmap(call: Call, stop: boolean, fn: AnyTask, items: unknown[][], options: object): unknown {
    return stoppable(call, stop, (signal) => this.#pool.starmap(fn, items, { ...options, signal }));
  }

  close(): void {
    this.#pool.close();
  }

  terminate(): Promise<void> {
    return this.#pool.terminate();
  }

  join(call: Call): Promise<void> {
    return whileWanted(call, this.#pool.join());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.terminate();
  }
}

/** A task that may have to be stopped has its worker to itself, so only those that asked for it. */
function stoppable(
  call: Call,
  stop: boolean,
  run: (signal: AbortSignal | undefined) => Promise<unknown>,
): Promise<unknown> {
  if (!stop) return run(undefined);
  const stopping = new AbortController();
  return whileWanted(call, run(stopping.signal), () => stopping.abort());
}
