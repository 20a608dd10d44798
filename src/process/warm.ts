/**
 * Layer 9, process. The public `warm`: checks what it is asked for, and hands out who waits for it.
 *
 * @module
 */

import { CancelledError } from "../errors.ts";
import { getStartMethod } from "../park/start_method.ts";
import type { StartMethod } from "../park/start_method.ts";
import { later } from "../runtime/later.ts";
import { runtime } from "../runtime/mod.ts";
import { show } from "../show.ts";
import { getMainModule, locateModule } from "../wire/functions/mod.ts";
import { refuseToStart } from "./launcher.ts";
import { claimSpares, releaseSpares } from "./spares.ts";
import type { Claim } from "./spares.ts";

/** Options of {@link warm}. */
export interface WarmOptions {
  /**
   * Modules to import in advance, besides the main module: addresses, absolute paths, or what an
   * `import` in the calling module could name. Default none.
   */
  modules?: readonly (URL | string)[];
  /**
   * Whether to import the program's main module in advance. Default `true`. Use `false` where it is
   * not made to be imported, as in a test runner.
   */
  main?: boolean;
}

/** What {@link warm} has asked for, in each start method. */
const current: Partial<Record<StartMethod, Spares>> = {};

/**
 * Spare processes or threads that are kept ready. `await` it to wait until they are; dispose it to let
 * them go.
 *
 * @example
 * ```ts
 * import { warm } from "@manycore/multiprocessing";
 *
 * if (import.meta.main) {
 *   using spares = warm(2); // let go at the end of this block
 *   await spares;
 * }
 * ```
 */
export class Spares implements PromiseLike<void>, Disposable, AsyncDisposable {
  #method: StartMethod;
  #claim: Claim;
  #ready = Promise.withResolvers<void>();
  #pending = true;
  #asked = false;

  /** Made by {@link warm}. */
  constructor(method: StartMethod, count: number, modules: readonly string[]) {
    this.#method = method;
    this.#ready.promise.then(() => this.#pending = false, () => this.#pending = false);
    this.#claim = {
      count,
      modules,
      onReady: () => this.#ready.resolve(),
      onFailed: (error) => this.#fail(error),
    };
    const earlier = current[method] ?? null;
    const claimed = earlier === null ? undefined : earlier.#claim;
    current[method] = this;
    if (count > 0) claimSpares(method, this.#claim, claimed);
    else releaseSpares(method, claimed).then(() => this.#ready.resolve());
    if (earlier !== null) earlier.#cancel("another call of warm() has taken its place");
  }

  /** As a promise's `then`: resolves when all are ready, or have ended where none are wanted. */
  then<T = void, E = never>(
    onFulfilled?: ((value: void) => T | PromiseLike<T>) | null,
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<T | E> {
    this.#asked = true;
    if (this.#pending) {
      const release = runtime.keepAlive();
      this.#ready.promise.then(release, release);
    }
    return this.#ready.promise.then(onFulfilled, onRejected);
  }

  /** Lets the spares go, unless another `warm` has asked for some meanwhile. */
  [Symbol.dispose](): void {
    void this[Symbol.asyncDispose]();
  }

  /** The same; resolves when they have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (current[this.#method] !== this) return;
    delete current[this.#method];
    this.#cancel("the spares were let go before they were ready");
    const release = runtime.keepAlive();
    await releaseSpares(this.#method, this.#claim);
    release();
  }

  #cancel(reason: string): void {
    this.#ready.reject(new CancelledError(`Cannot wait for spares any longer: ${reason}`));
  }

  #fail(error: Error): void {
    this.#ready.reject(error);
    if (current[this.#method] === this) delete current[this.#method];
    // Who awaits gets the error. Nobody needs the spares: a program that does not ask goes on.
    later(0, () => this.#asked || console.warn(`Warning: ${error.message}`));
  }
}

/**
 * Keeps spare processes ready, or threads: started, connected, with the library and the program's
 * main module imported. Whatever starts a child next takes one of them and runs within milliseconds:
 * `Process.start`, a new pool, a pool that replaces a worker. A new spare is then started in the
 * background. Like Python's `forkserver` with `set_forkserver_preload`, but each spare serves once.
 *
 * A call takes the place of the one before it, for its start method. A spare is used for a child
 * without `env`, `cwd`, `permissions`, `memoryLimitMb` and redirected output, as long as this
 * program's environment, directory and permissions are those of the spare's start; any other child
 * starts as without spares. Spares do not keep the program alive, end with it, and are no
 * {@link activeChildren}.
 *
 * The modules run their top level before it is known what for: `currentProcess().name` is `Spare`
 * then, and starting a process is refused, as in any child that imports them.
 *
 * @param count How many; 0 lets them go.
 * @param options `modules` to import in advance; `main: false` leaves the main module out.
 * @returns To be awaited, if it matters, until they are ready; rejects with a `ProcessError` if they
 * cannot be started or a module cannot be imported. Disposing it lets them go.
 * @throws {RangeError} If `count` is not a whole number from 0 up.
 * @throws {TypeError} If it is no number, or an option has the wrong type.
 * @throws {FunctionReferenceError} If a module cannot be found.
 * @throws {BootstrapError} While a child imports this module.
 * @throws {ProcessError} In a daemon, such as a pool's worker.
 *
 * @example
 * ```ts
 * import { Process, warm } from "@manycore/multiprocessing";
 *
 * export const work = () => console.log("at once");
 *
 * if (import.meta.main) {
 *   await warm(1);
 *   const child = new Process({ target: work });
 *   child.start(); // takes the spare
 *   await child.join();
 * }
 * ```
 */
export function warm(count: number, options?: WarmOptions): Spares {
  return warmFor(null, count, options);
}

/** {@link warm} for a start method; `null` for the default one. */
export function warmFor(
  method: StartMethod | null,
  count: number,
  options: WarmOptions = {},
): Spares {
  const modules = checkWarm(count, options);
  if (count > 0) refuseToStart("keep spares ready");
  return new Spares(method ?? getStartMethod(), count, modules);
}

/** Refuses what is no request for spares. Returns the addresses of their modules. */
function checkWarm(count: unknown, options: unknown): string[] {
  if (typeof count !== "number") {
    throw new TypeError(`Cannot keep ${show(count)} spares ready: give a number, 0 for none`);
  }
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new RangeError(
      `Cannot keep ${count} spares ready: give a whole number from 0 up, 0 for none`,
    );
  }
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `Cannot keep spares ready with options ${show(options)}: give an object such as ` +
        '{ modules: [new URL("./work.ts", import.meta.url)] }',
    );
  }
  const { modules = [], main = true } = options as WarmOptions;
  if (typeof main !== "boolean") {
    throw new TypeError(`Cannot keep spares ready with main ${show(main)}: give true or false`);
  }
  if (!Array.isArray(modules)) {
    throw new TypeError(
      `Cannot import the modules ${
        show(modules)
      } in advance: give an array of addresses, such as ` +
        '[new URL("./work.ts", import.meta.url)]',
    );
  }
  const urls = modules.map((module, i) => {
    if (module instanceof URL) return module.href;
    if (typeof module === "string" && module !== "") {
      return locateModule(module, ` (modules[${i}])`);
    }
    throw new TypeError(
      `Cannot import the module ${show(module)} in advance (modules[${i}]): give a URL or a text`,
    );
  });
  const mainModule = main ? getMainModule() : null;
  return [...new Set(mainModule === null ? urls : [mainModule, ...urls])];
}
