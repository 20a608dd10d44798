/**
 * Layer 1, runtime. The capabilities that the rest of the library asks of Deno, Bun or Node.
 *
 * Owns the shape only; `deno.ts` and `node.ts` (Node and Bun) implement it, `mod.ts` chooses once.
 * Nobody outside this folder names a runtime, `process` or a `node:` module.
 *
 * @module
 */

/** What travels over a channel: bytes, and on a thread's channel objects that ride beside them. */
export interface Message {
  /** The encoded message. The receiver owns them. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Shared buffers, ports and large buffers that the bytes refer to by index; threads only. */
  attachments: readonly unknown[];
  /** The attachments that move instead of being copied. */
  transferList: readonly object[];
}

/** An ordered, reliable stream of messages between a program and one of its children. */
export interface Channel {
  /** Hands a message over; never blocks and never throws. Lost silently only if the peer is gone. */
  send(message: Message): void;
  /** Starts delivery. `onClose` is called once, after the last message, when the peer is gone. */
  open(
    onMessage: (bytes: Uint8Array, attachments: readonly unknown[]) => void,
    onClose: () => void,
  ): void;
  /** Resolves when everything sent so far has left this process. */
  flush(): Promise<void>;
  /** Ends the channel on this side. */
  close(): void;
}

/** The two ways to end a child. */
export type StopSignal = "SIGTERM" | "SIGKILL";

/** A started process or thread, seen from its parent. Holds nothing open: see {@link Runtime.keepAlive}. */
export interface Child {
  /** Process id; for a thread the id of this process. */
  readonly pid: number;
  /** The control channel. Usable at once: what is sent early waits for the child. */
  readonly channel: Channel;
  /** Exit code, `-N` after signal N. Resolves once, after the last message was delivered. */
  readonly exited: Promise<number>;
  /** Ends the child. Does nothing when it has ended. */
  kill(signal: StopSignal): void;
  /** Standard output, where it was asked for as `"piped"`. */
  readonly stdout: ReadableStream<Uint8Array> | null;
  /** Standard error, where it was asked for as `"piped"`. */
  readonly stderr: ReadableStream<Uint8Array> | null;
}

/** Where a child's output goes. */
export type Output = "inherit" | "null" | "piped";

/** Permissions of a child: `"inherit"`, `"none"`, or a set in the form that Deno itself uses. */
export type Permissions = "inherit" | "none" | PermissionSet;

/** One entry per permission: `true` as the parent has it, `false` none, a list the listed ones only. */
export interface PermissionSet {
  /** Files that may be read. */
  read?: boolean | readonly string[];
  /** Files that may be written. */
  write?: boolean | readonly string[];
  /** Hosts that may be reached. */
  net?: boolean | readonly string[];
  /** Environment variables that may be read. */
  env?: boolean | readonly string[];
  /** Programs that may be started. */
  run?: boolean | readonly string[];
  /** Libraries that may be loaded. */
  ffi?: boolean | readonly string[];
  /** System information that may be read. */
  sys?: boolean | readonly string[];
  /** Hosts that code may be imported from. */
  import?: boolean | readonly string[];
}

/** How to start a child. */
export interface StartOptions {
  /** What it is told first. */
  first: Message;
  /** Shown in messages. */
  name: string;
  /** Added to the parent's environment. */
  env?: Record<string, string>;
  /** Working directory. Default: the parent's. */
  cwd?: string;
  /** Default `"inherit"`. */
  stdout?: Output;
  /** Default `"inherit"`. */
  stderr?: Output;
  /** Deno; Node where it can deny what they deny. Default `"inherit"`. */
  permissions?: Permissions;
  /** Heap limit in megabytes. */
  memoryLimitMb?: number;
  /** The program's main module: its configuration file applies to the child too. */
  mainModule?: string | null;
  /** Where the owners of shared objects listen that the child is given; Deno must permit it. */
  hosts?: readonly string[];
  /** Modules that the child is going to import: one without permission to read can import no others. */
  modules?: readonly string[];
  /** What modules of the program import, directly or not: where reading is permitted file by file. */
  imports?: (roots: readonly string[]) => readonly string[];
}

/** What the library needs of the runtime that it runs on. */
export interface Runtime {
  /** Which one this is. */
  readonly name: "deno" | "bun" | "node";
  /** Whether what a process said right before its death may not arrive. */
  readonly losesLastWords: boolean;
  /** Id of this operating-system process. */
  pid(): number;
  /** Starts an operating-system process of this runtime. Throws when it cannot be started. */
  startProcess(entry: URL, options: StartOptions): Child;
  /** Starts a thread. Throws when it cannot be started. */
  startThread(entry: URL, options: StartOptions): Child;
  /** In a child: how to reach the parent; `null` in a program that nobody of ours started. */
  parentChannel(): Promise<ParentLink | null>;
  /** Keeps this isolate alive until the returned function is called; calling it again does nothing. */
  keepAlive(): () => void;
  /** Calls back when this isolate ends by itself or through `exit()`, or is stopped by its parent. */
  onExit(callback: (stopped: boolean) => void): void;
  /** Ends this isolate now; for a thread only the thread. */
  exit(code: number): never;
  /** Sets the code that this isolate ends with when its event loop is empty. */
  setExitCode(code: number): void;
  /**
   * Writes text on standard error, behind what was written before. Resolves when it is out, or cannot
   * be written; never rejects.
   */
  writeError(text: string): Promise<void>;
  /** In a child: calls back with each error that nobody catches, instead of ending for it. */
  onUncaught(callback: (error: unknown) => void): void;
  /** Whether standard error is a terminal. */
  errorIsTerminal(): boolean;
  /** Imports an npm package that is not part of the library. */
  importPackage(name: string, version: string): Promise<unknown>;
}

/** A child's way to its parent. */
export interface ParentLink {
  /** Whether this child is a thread. */
  thread: boolean;
  /** The control channel. */
  channel: Channel;
  /** The first message, where it came with the start; `null` if it comes over the channel. */
  first: Uint8Array | null;
}
