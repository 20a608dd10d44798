/**
 * Layer 12, manager. The public ManagerServer: a server in this process.
 *
 * @module
 */

import type { Address } from "../remote/address.ts";
import { runtime } from "../runtime/mod.ts";
import type { ServerHost } from "./host.ts";

const hosts = new WeakMap<object, ServerHost>();

/**
 * A server in this process, from `getServer` of a manager.
 *
 * @example
 * ```ts
 * import { Manager } from "@manycore/multiprocessing";
 *
 * if (import.meta.main) {
 *   await using server = new Manager({ authKey: "our secret" }).getServer();
 *   const address = await server.listen();
 *   // In any other program:
 *   await using manager = new Manager({ address, authKey: "our secret" });
 *   await manager.connect();
 *   const list = await manager.list([1, 2]);
 *   console.log(await list.length); // 2
 * }
 * ```
 */
export class ManagerServer implements AsyncDisposable {
  readonly #listen: () => Promise<Address>;
  #listening: Promise<Address> | null = null;
  #address: Address | null = null;

  /** Made by `getServer`. */
  constructor(host: object, listen: () => Promise<Address>) {
    hosts.set(this, host as ServerHost);
    this.#listen = listen;
  }

  /** Where it listens; `null` before that. */
  get address(): Address | null {
    return this.#address;
  }

  /** How many processes are connected, besides this one. */
  get clients(): number {
    return Math.max(0, hosts.get(this)!.clients);
  }

  /**
   * Listens. Alone this does not keep the program alive.
   *
   * @returns Where.
   * @throws {ProcessError} If it cannot.
   */
  listen(): Promise<Address> {
    return this.#listening ??= this.#listen().then((address) => this.#address = address);
  }

  /**
   * Serves until it is stopped, and keeps the program alive as long.
   *
   * @param options `signal`: stops it.
   * @returns When it has stopped.
   * @throws {ProcessError} If it cannot listen.
   */
  async serveForever(options: { signal?: AbortSignal } = {}): Promise<void> {
    const { signal } = options;
    const release = runtime.keepAlive();
    const stop = () => void this.stop();
    try {
      if (signal?.aborted) return await this.stop();
      await this.listen();
      signal?.addEventListener("abort", stop, { once: true });
      if (signal?.aborted) stop();
      await hosts.get(this)!.over;
    } finally {
      signal?.removeEventListener("abort", stop);
      release();
    }
  }

  /** Stops: objects go, and every connection ends. A second call does nothing. */
  async stop(): Promise<void> {
    const host = hosts.get(this)!;
    if (!host.isOpen) return;
    await host.end();
    await host.leave();
  }

  /** As {@link ManagerServer.stop}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
