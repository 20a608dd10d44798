/**
 * Layer 12, manager. The public BaseManager. Owns the life of one manager: new, then started,
 * connected or serving, then ended.
 *
 * @module
 */

import { BrokenPipeError, ProcessError } from "../errors.ts";
import { showsAs } from "../inspect.ts";
import { methodOf } from "../park/start_method.ts";
import type { StartMethod } from "../park/start_method.ts";
import { authKey } from "../process/auth_key.ts";
import { checkOptionNames } from "../process/option_names.ts";
import type { OptionNames } from "../process/option_names.ts";
import { checkAddress } from "../remote/address.ts";
import type { Address } from "../remote/address.ts";
import { dial } from "../remote/dial.ts";
import { keyBytes } from "../remote/key.ts";
import { runtime } from "../runtime/mod.ts";
import { describe } from "../wire/functions/mod.ts";
import "./handle.ts";
import { ServerHost } from "./host.ts";
import type { HostOptions } from "./host.ts";
import { Link } from "./link.ts";
import { shareLink } from "./links.ts";
import { ManagerServer } from "./manager_server.ts";
import type { Make } from "./remote_types.ts";
import { addRegistered, registeredWith } from "./registry.ts";
import type { RegisterOptions } from "./registry.ts";
import { sealKey } from "./sealed_key.ts";
import { endServer, startServer } from "./server_process.ts";
import type { ServerProcess } from "./server_process.ts";

/** Options of a manager. */
export interface ManagerOptions {
  /**
   * Where the server listens: a path, `{ hostname, port }` (without `hostname`: on this machine only;
   * port 0 is any free one), or nothing: then it chooses an address that only this machine reaches.
   */
  address?: Address | { port: number };
  /**
   * What a client must know, and prove. Default: a key of this program and its children, so nobody
   * else can connect. Programs that did not start each other need the same one.
   */
  authKey?: string | Uint8Array;
  /**
   * How long `shutdown` waits, in milliseconds, before it sends SIGTERM, and as long again before
   * SIGKILL. Default 1000.
   */
  shutdownTimeout?: number;
}

/** A class of managers with one more method. */
export type WithRegistered<M extends typeof BaseManager, N extends string, C> =
  & (new (options?: ManagerOptions) => InstanceType<M> & { readonly [K in N]: Make<C> })
  & Omit<M, "prototype">;

interface State {
  readonly options: ManagerOptions & { readonly address?: Address };
  readonly key: Uint8Array<ArrayBuffer> | null;
  is: "new" | "started" | "connected" | "serving" | "ended";
  link: Link;
  ready: Promise<void> | null;
  /** Resolves when `server` is there, or never will be. */
  launched: Promise<void> | null;
  server: ServerProcess | null;
  host: ServerHost | null;
  /** Aborted by the end, for a connection that is not there yet. */
  readonly left: AbortController;
  ending: Promise<void> | null;
}

const states = new WeakMap<BaseManager, State>();
/** How many managers of this process use a link; the last one closes it. */
const users = new WeakMap<Link, number>();

const OPTIONS: OptionNames = new Set(["address", "authKey", "shutdownTimeout"]);
const SHUTDOWN_MS = 1000;

/**
 * Keeps objects in a server process, for any number of processes: on one machine or several, also
 * programs that did not start each other. They are reached through proxies, whose methods return
 * promises. `Manager` has the usual containers and locks; a class of one's own has what is given to
 * {@link BaseManager.register}.
 *
 * A manager is used in one of three ways: {@link BaseManager.start} starts a server of its own,
 * {@link BaseManager.connect} uses one that runs, and {@link BaseManager.getServer} makes this
 * process the server. Without an address the first use starts it.
 *
 * A server that nobody uses does not keep its program alive, and ends with it.
 *
 * @example
 * ```ts
 * import { BaseManager } from "@manycore/multiprocessing";
 *
 * export class Counter {
 *   #count = 0;
 *   add(n: number) {
 *     return this.#count += n;
 *   }
 * }
 *
 * class Base extends BaseManager {}
 * const Counters = Base.register("Counter", Counter);
 *
 * if (import.meta.main) {
 *   await using manager = new Counters();
 *   const counter = await manager.Counter();
 *   await counter.add(2);
 *   console.log(await counter.add(3)); // 5
 * }
 * ```
 */
export class BaseManager implements AsyncDisposable {
  /** The context of the class; `null` follows the default start method. */
  static readonly startMethod: StartMethod | null = null;
  /** What the server makes besides what was registered. */
  static readonly makes: HostOptions["makes"] = "registered";

  /**
   * Lets the managers of this class make objects of another class: `await manager.Name(...args)`
   * returns a proxy. The server must be able to import it: export the class. A function that returns
   * an object does as well; where the server is this process (`getServer`), it may be any function,
   * such as one that always returns the same object. What travels by itself is not proxied.
   *
   * When the last proxy of an object is gone, its `Symbol.asyncDispose` or `Symbol.dispose` is called,
   * if it has one.
   *
   * @param name The name of the new method.
   * @param Class The class, or a function. Left out where managers only connect: the server knows it.
   * @param options `exposed`: the methods that can be called. Default: all, but none that begins with
   * `_`.
   * @returns This class, whose type has the new method.
   * @throws {TypeError} If the name is taken or none, or a method cannot be exposed.
   */
  static register<
    M extends typeof BaseManager,
    N extends string,
    // deno-lint-ignore no-explicit-any -- any arguments
    C extends (new (...args: any[]) => object) | ((...args: any[]) => unknown) | undefined =
      undefined,
  >(this: M, name: N, Class?: C, options: RegisterOptions = {}): WithRegistered<M, N, C> {
    addRegistered(this, name, Class, options);
    const value = function (this: BaseManager, ...args: unknown[]) {
      return makeObject(this, name, args);
    };
    Object.defineProperty(value, "name", { value: name });
    Object.defineProperty(this.prototype, name, { value, writable: true, configurable: true });
    return this as unknown as WithRegistered<M, N, C>;
  }

  /**
   * Makes a manager; nothing is started yet.
   *
   * @throws {TypeError | RangeError} If an option is not what it has to be.
   */
  constructor(options: ManagerOptions = {}) {
    checkOptionNames("make a manager", options, OPTIONS);
    const { address, authKey, shutdownTimeout = SHUTDOWN_MS } = options;
    if (typeof shutdownTimeout !== "number" || !(shutdownTimeout >= 0)) {
      throw new RangeError(
        `Cannot make a manager with shutdownTimeout ${String(shutdownTimeout)}: give milliseconds`,
      );
    }
    const complete = address === undefined ? undefined : checkAddress(address, "use the address");
    states.set(this, {
      options: { ...options, address: complete, shutdownTimeout },
      key: authKey === undefined ? null : keyBytes(authKey, "make a manager"),
      is: "new",
      link: new Link(),
      ready: null,
      launched: null,
      server: null,
      host: null,
      left: new AbortController(),
      ending: null,
    });
  }

  /** Where the server listens; `null` before that is known. */
  get address(): Address | null {
    const { link, options } = states.get(this)!;
    return link.hello === null ? options.address ?? null : link.address;
  }

  /** Id of the server's process; `null` before that is known. */
  get pid(): number | null {
    const { link, server } = states.get(this)!;
    return link.hello?.pid ?? server?.child.pid ?? null;
  }

  /**
   * Starts the server in a process of its own. Not needed without an address: the first use does it.
   *
   * @returns When it is ready.
   * @throws {ProcessError} If the manager is in use already, or the server cannot start or listen.
   * @throws {FunctionReferenceError} If the server could not import a registered class.
   */
  // deno-lint-ignore require-await -- so that a mistake rejects
  async start(): Promise<void> {
    return start(this, enter(this, "start", "started"));
  }

  /**
   * Connects to a server that runs, with the same `authKey`. If that fails it can be tried again.
   *
   * @throws {AuthenticationError} If it has another key.
   * @throws {ProcessError} If nobody listens there, or the manager has no address or is in use.
   */
  async connect(): Promise<void> {
    const state = enter(this, "connect", "connected");
    state.ready = connect(state);
    state.ready.catch(() => {});
    return await state.ready;
  }

  /**
   * Makes this process the server. What the manager makes then lives here.
   *
   * @throws {ProcessError} If the manager is in use already.
   */
  getServer(): ManagerServer {
    const state = enter(this, "getServer", "serving");
    const Class = this.constructor as typeof BaseManager;
    const host = state.host = new ServerHost({
      name: Class.name,
      makes: Class.makes,
      types: registeredWith(Class),
    });
    state.link = host.local;
    use(state.link);
    state.ready = Promise.resolve();
    return new ManagerServer(
      host,
      () => host.listen(state.options.address, state.key ?? authKey(), state.key !== null),
    );
  }

  /**
   * Ends the server that this manager has started: politely, after `shutdownTimeout` with SIGTERM, and
   * then with SIGKILL. Objects go, calls without an answer and later ones reject with
   * `BrokenPipeError`. A manager that has connected only ends its connection; one that serves stops.
   * Calling it again does nothing.
   *
   * @returns When the process has ended.
   */
  shutdown(): Promise<void> {
    const state = states.get(this)!;
    return state.ending ??= end(state);
  }

  /** As {@link BaseManager.shutdown}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }
}

/** Has the server of a manager make an object. */
export async function makeObject<T>(
  manager: BaseManager,
  type: string,
  args: readonly unknown[],
): Promise<T> {
  const state = states.get(manager)!;
  if (state.is === "ended") {
    throw new BrokenPipeError(`Cannot make ${type}: the manager was shut down; make another one`);
  }
  if (state.is === "new") {
    if (state.options.address !== undefined) {
      throw new ProcessError(
        `Cannot make ${type}: the manager has an address and is not in use yet; call start() for a ` +
          "server there, or connect() to use the one that listens there",
      );
    }
    enter(manager, "start", "started");
    start(manager, state).catch(() => {});
  }
  // What is asked before the connection is there waits in the link, unless that may be another one.
  if (state.is === "connected") await state.ready;
  return await state.link.make(type, args) as T;
}

function enter(manager: BaseManager, action: string, is: State["is"]): State {
  const state = states.get(manager)!;
  if (state.is !== "new") {
    throw new ProcessError(
      `Cannot ${action} a manager that ${
        state.is === "ended" ? "was shut down" : `is ${state.is} already`
      }: make another one`,
    );
  }
  state.is = is;
  return state;
}

function start(manager: BaseManager, state: State): Promise<void> {
  const Class = manager.constructor as typeof BaseManager;
  const { link, key } = state;
  const types = registeredWith(Class);
  use(link);
  const launched = Promise.withResolvers<void>();
  state.launched = launched.promise;
  const ready = (async () => {
    // Now, while the module that called can still be told from the stack.
    for (const { name, source } of types.values()) source && describe(source, `"${name}"`);
    if (key !== null) link.sealed = await sealKey(key);
    await startServer(
      {
        method: methodOf(Class),
        kind: Class.name || "Manager",
        makes: Class.makes,
        types,
        address: state.options.address,
        key,
      },
      link,
      (server) => {
        state.server = server;
        launched.resolve();
      },
    );
  })();
  state.ready = ready.catch((error) => {
    link.end(error);
    throw error;
  });
  state.ready.catch(() => launched.resolve());
  return state.ready;
}

async function connect(state: State): Promise<void> {
  const { options: { address }, key, link, left: { signal } } = state;
  if (address === undefined) {
    state.is = "new";
    throw new ProcessError(
      "Cannot connect a manager without an address: make it with { address } of the server",
    );
  }
  const release = runtime.keepAlive();
  try {
    link.address = address;
    link.sealed = key === null ? null : await sealKey(key);
    link.attach(await dial(address, key ?? authKey(), { signal }));
    const hello = await link.ready;
    state.link = shareLink(hello.uid, link);
    if (state.link !== link) link.end(null);
    use(state.link);
  } catch (error) {
    link.end(error);
    if (state.is === "connected") {
      Object.assign(state, { is: "new", link: new Link(), ready: null });
    }
    throw error;
  } finally {
    release();
  }
}

function use(link: Link): void {
  users.set(link, (users.get(link) ?? 0) + 1);
}

async function end(state: State): Promise<void> {
  const was = state.is;
  state.is = "ended";
  if (was === "new") return;
  if (was === "started") {
    // Not until it is ready, which it may never be.
    await state.launched;
    if (state.server === null) return;
    return await endServer(state.server, state.link, state.options.shutdownTimeout!);
  }
  if (was === "connected") {
    if (state.link.hello === null) {
      const error = new BrokenPipeError("Cannot connect the manager: it was shut down meanwhile");
      state.left.abort(error);
      state.link.end(error);
    }
    await state.ready?.catch(() => {});
    const left = (users.get(state.link) ?? 1) - 1;
    users.set(state.link, left);
    if (left === 0) state.link.end(null);
  }
  if (was === "serving" && state.host !== null) {
    await state.host.end();
    await state.host.leave();
  }
}
showsAs(BaseManager, (manager) => ({
  state: states.get(manager)!.is,
  pid: manager.pid,
  address: manager.address,
}));
