/**
 * Layer 9, process. The public class `Process`. Owns the life of one child as its parent sees it:
 * not started, running, ended, closed. Starting is the launcher's; what runs in the child is
 * `child.ts`'s.
 *
 * State is kept beside the instance, not in it: an instance of a user's class travels to the child
 * with its own fields, and works there as the current process.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { showsAs } from "../inspect.ts";
import { EXPIRED, waitFor } from "../park/wait.ts";
import type { WaitOptions } from "../park/wait.ts";
import { runtime } from "../runtime/mod.ts";
import type { Child } from "../runtime/mod.ts";
import type { Encoder } from "../wire/encode.ts";
import { toFunction } from "../wire/functions/mod.ts";
import { family, identity, join, leave, nextIdentity, setCurrent } from "./family.ts";
import { getStartMethod } from "../park/start_method.ts";
import type { StartMethod } from "../park/start_method.ts";
import { launch, refuseToStart } from "./launcher.ts";
import { checkName, checkOptions } from "./options.ts";
import type { ProcessOptions } from "./options.ts";

interface State {
  options: ProcessOptions;
  name: string;
  path: string;
  daemon: boolean;
  child: Child | null;
  exitCode: number | null;
  exited: Promise<number> | null;
  closed: boolean;
  /** In the child itself, where the instance stands for the current process. */
  own: boolean;
}

const states = new WeakMap<object, State>();

/**
 * A child process, or in the `"thread"` context a thread, that runs one function.
 *
 * The program waits for its children before it ends, except for daemons, which are ended with it.
 * A child whose parent is killed ends too, even in the middle of a busy loop.
 *
 * @example
 * ```ts
 * import { Process } from "@manycore/multiprocessing";
 *
 * export function greet(name: string) {
 *   console.log(`Hello ${name}`);
 * }
 *
 * if (import.meta.main) {
 *   const process = new Process({ target: greet, args: ["world"] });
 *   process.start();
 *   console.log(await process.join()); // 0
 * }
 * ```
 */
// deno-lint-ignore no-explicit-any
export class Process<A extends any[] = any[]> {
  /** The start method of this class; `null` for the default one. Set by contexts. */
  static readonly startMethod: StartMethod | null = null;

  /**
   * Describes a child; nothing starts yet.
   *
   * @param options What to run and how.
   * @throws {TypeError} If an option has the wrong type.
   * @throws {RangeError} If an option is out of its range.
   */
  constructor(options: ProcessOptions<A> = {}) {
    checkOptions(options);
    const { name, path } = nextIdentity("Process");
    states.set(this, {
      options: options as unknown as ProcessOptions,
      name: options.name ?? name,
      path,
      daemon: options.daemon ?? identity().daemon,
      child: null,
      exitCode: null,
      exited: null,
      closed: false,
      own: false,
    });
  }

  /**
   * Starts the child and returns at once.
   *
   * @throws {ProcessError} If it was started before, or cannot be started.
   * @throws {FunctionReferenceError} If the target cannot be found again by the child.
   * @throws {SerializationError} If an argument cannot travel.
   * @throws {BootstrapError} If a child is importing this module.
   */
  start(): void {
    const state = stateOf(this, "start");
    if (state.own || state.exited !== null) {
      throw new ProcessError(
        `Cannot start ${state.name} twice: make a new Process for another run`,
      );
    }
    const own = hasOwnRun(this);
    if (!own && state.options.target === undefined) {
      throw new ProcessError(
        `Cannot start ${state.name}: it has nothing to run; give a target, or override run() in a class`,
      );
    }
    refuseToStart(`start ${state.name}`);
    const method = (this.constructor as typeof Process).startMethod ?? getStartMethod();
    const child = launch({
      ...state.options,
      method,
      identity: { name: state.name, path: state.path, daemon: state.daemon },
      kind: own ? "instance" : "target",
      body: (encoder) => writeWork(encoder, own ? this : null, state.options),
    });
    state.options = { target: state.options.target }; // the arguments may be large
    watch(this, state, child);
  }

  /**
   * Waits for the child to end. May be called again, and by several callers.
   *
   * @param options `timeout` in milliseconds (default: for ever; 0 or less: look once) and `signal`.
   * @returns The exit code, or `null` if the time ran out.
   * @throws {ProcessError} If the child was not started, or the object is closed.
   * @throws The signal's reason, if it aborts.
   */
  async join(options?: WaitOptions): Promise<number | null> {
    const state = stateOf(this, "join");
    if (state.exited === null) {
      throw new ProcessError(`Cannot join ${state.name}: it was not started; call start() first`);
    }
    const code = await waitFor(state.exited, options, `join ${state.name}`);
    return code === EXPIRED ? null : code;
  }

  /** Whether the child was started and has not ended. */
  isAlive(): boolean {
    const state = stateOf(this, "isAlive");
    return state.own || (state.exited !== null && state.exitCode === null);
  }

  /** Asks the child to end, as signal 15 does; its exit code is then -15. No effect once it ended. */
  terminate(): void {
    stop(this, "SIGTERM");
  }

  /** Ends the child at once, as signal 9 does; its exit code is then -9. No effect once it ended. */
  kill(): void {
    stop(this, "SIGKILL");
  }

  /**
   * Gives up what this object holds. Afterwards every member except `close` throws.
   *
   * @throws {ProcessError} If the child still runs.
   */
  close(): void {
    const state = states.get(this)!;
    if (state.closed) return;
    if (this.isAlive()) {
      throw new ProcessError(
        `Cannot close ${state.name}: it still runs; join() or terminate() it first`,
      );
    }
    state.closed = true;
    state.child?.channel.close();
    state.child = null;
  }

  /** What the child does. The default calls the target; a class may override it. */
  // deno-lint-ignore no-explicit-any
  run(...args: any[]): unknown {
    const target = stateOf(this, "run").options.target;
    return typeof target === "function" ? target(...args) : undefined;
  }

  /** The name; may be set before the start. */
  get name(): string {
    return stateOf(this, "name").name;
  }
  set name(value: string) {
    const state = stateOf(this, "name");
    checkName(value ?? null);
    state.name = value;
  }

  /** Whether the child is ended when its parent ends; may be set before the start. */
  get daemon(): boolean {
    return stateOf(this, "daemon").daemon;
  }
  set daemon(value: boolean) {
    const state = stateOf(this, "daemon");
    if (state.exited !== null) {
      throw new ProcessError(
        `Cannot set daemon of ${state.name}: it has started; set it before start()`,
      );
    }
    state.daemon = Boolean(value);
  }

  /** Process id, `null` before the start; for a thread the id of the process that it lives in. */
  get pid(): number | null {
    const state = stateOf(this, "pid");
    return state.own ? runtime.pid() : state.child?.pid ?? null;
  }

  /** `null` until the child has ended; 0 success, 1 uncaught error, N after `exit(N)`, -N after signal N. */
  get exitCode(): number | null {
    return stateOf(this, "exitCode").exitCode;
  }

  /**
   * Resolves to the exit code when the child has ended, and never rejects.
   *
   * @throws {ProcessError} Before the start.
   */
  get sentinel(): Promise<number> {
    const state = stateOf(this, "sentinel");
    if (state.exited === null) {
      throw new ProcessError(
        `Cannot read the sentinel of ${state.name}: it was not started; call start() first`,
      );
    }
    return state.exited;
  }

  /** Standard output of the child, if `stdout: "piped"` was given and it has started. */
  get stdout(): ReadableStream<Uint8Array> | null {
    return stateOf(this, "stdout").child?.stdout ?? null;
  }

  /** Standard error of the child, if `stderr: "piped"` was given and it has started. */
  get stderr(): ReadableStream<Uint8Array> | null {
    return stateOf(this, "stderr").child?.stderr ?? null;
  }

  /** Ends the child if it still runs, waits for its end, and closes the object. */
  async [Symbol.asyncDispose](): Promise<void> {
    const state = states.get(this)!;
    if (state.closed) return;
    if (this.isAlive()) this.terminate();
    if (state.exited !== null) await this.join();
    this.close();
  }
}

/**
 * Returns the processes and threads of this process that run; not the workers of its pools and
 * executors, nor the servers of its managers.
 *
 * @example
 * ```ts
 * import { activeChildren } from "@manycore/multiprocessing";
 *
 * for (const child of activeChildren()) child.terminate();
 * ```
 */
export function activeChildren(): Process[] {
  return [...family()].filter((member) => member instanceof Process);
}

/** In the child: makes an object of a user's class, with the parent's fields, the current process. */
export function reviveInstance(Class: typeof Process, fields: object): Process {
  // Defined, as they were: a field may have the name of an accessor, such as `name`.
  const own = Object.getOwnPropertyDescriptors(fields);
  const instance = Object.create(Class.prototype, own) as Process;
  const { name, path, daemon } = identity();
  states.set(instance, {
    options: {},
    name,
    path,
    daemon,
    child: null,
    exitCode: null,
    exited: null,
    closed: false,
    own: true,
  });
  setCurrent(instance as Process & { pid: number });
  return instance;
}

/** Whether it is of a class that extends `Process` with a `run()`. */
function hasOwnRun(process: Process): boolean {
  return process.run !== Process.prototype.run;
}

function writeWork(encoder: Encoder, instance: Process | null, options: ProcessOptions): void {
  const args = options.args ?? [];
  encoder.value(
    instance === null ? toFunction(options.target!, "target") : instance.constructor,
    "target",
  );
  encoder.value(args, "args");
  if (instance !== null) encoder.value({ ...instance }, "this");
}

function watch(process: Process, state: State, child: Child): void {
  state.child = child;
  const release = state.daemon ? null : runtime.keepAlive();
  join(process);
  child.channel.open(() => {}, () => {});
  state.exited = child.exited.then((code) => {
    state.exitCode = code;
    leave(process);
    release?.();
    return code;
  });
}

function stop(process: Process, signal: "SIGTERM" | "SIGKILL"): void {
  const verb = signal === "SIGTERM" ? "terminate" : "kill";
  const state = stateOf(process, verb);
  if (state.own) runtime.exit(signal === "SIGTERM" ? 143 : 137);
  if (state.exited === null) {
    throw new ProcessError(`Cannot ${verb} ${state.name}: it was not started; call start() first`);
  }
  if (state.exitCode === null) state.child!.kill(signal);
}

function stateOf(process: object, member: string): State {
  const state = states.get(process);
  if (state === undefined) throw new TypeError(`Cannot use ${member}: this is not a Process`);
  if (state.closed) {
    throw new ProcessError(`Cannot use ${member} of ${state.name}: the process object is closed`);
  }
  return state;
}
showsAs(Process, (process) => {
  const { name, daemon, exitCode, exited, closed, own } = states.get(process)!;
  const running = own || exited !== null;
  return {
    name,
    state: closed ? "closed" : exitCode !== null ? "ended" : running ? "started" : "new",
    ...(closed ? {} : { pid: process.pid }),
    ...(exitCode === null ? {} : { exitCode }),
    ...(daemon ? { daemon } : {}),
  };
});
