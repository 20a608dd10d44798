/**
 * Layer 9, process. Who this isolate is in its family: its own name, its parent, its live children.
 * Owns that state; the launcher and `child.ts` write it.
 *
 * @module
 */

import { fixStartMethod } from "../park/start_method.ts";
import type { StartMethod } from "../park/start_method.ts";
import { runtime } from "../runtime/mod.ts";

/** A member of the family, as {@link currentProcess} and {@link parentProcess} tell of it. */
export interface ProcessInfo {
  /** `MainProcess` for the program itself. */
  readonly name: string;
  /** Id of the operating-system process. */
  readonly pid: number;
  /** Whether it is ended when its parent ends. */
  readonly daemon: boolean;
  /** Whether it runs. */
  isAlive(): boolean;
}

/** What a child is told of itself. */
export interface Identity {
  /** Its name. */
  name: string;
  /** Whether it is a daemon. */
  daemon: boolean;
  /** Its position in the family tree, such as `1:2`; empty for the program itself. */
  path: string;
  /**
   * By what lines, as hashes, its ancestors have started children of their own accord: the same lines
   * in the same modules, run because they were imported, would start their like without end.
   */
  startedBy?: readonly number[];
  /** Whether it still waits to be told the rest. */
  spare?: boolean;
}

/** A started child, as far as the family must know it. */
export interface Member {
  /** Ended when this isolate ends. */
  readonly daemon: boolean;
  /** Ends it. */
  terminate(): void;
}

let self: Identity = { name: "MainProcess", daemon: false, path: "" };
let current: ProcessInfo | null = null;
let parent: ProcessInfo | null = null;
let counter = 0;
let exitHook = false;
const members = new Set<Member>();

/** Tells this isolate who it is. Called once, in a spare a second time. */
export function adopt(
  identity: Identity,
  parentInfo: ProcessInfo,
  startMethod: StartMethod,
): void {
  self = identity;
  parent = parentInfo;
  // A module that a spare has imported may have looked already.
  if (current !== null) Object.assign(current, { name: self.name, daemon: self.daemon });
  fixStartMethod(startMethod);
}

/** Makes an object stand for this isolate: the instance of a user's class that runs here. */
export function setCurrent(info: ProcessInfo): void {
  current = info;
}

/** Who this isolate is. */
export function identity(): Identity {
  return self;
}

/** Names the next child: `Process-1`, in a child `Process-1:2`. */
export function nextIdentity(kind: string): { name: string; path: string } {
  const path = self.path === "" ? String(++counter) : `${self.path}:${++counter}`;
  return { name: `${kind}-${path}`, path };
}

/** Counts a child in; daemons are ended when this isolate ends. */
export function join(member: Member): void {
  members.add(member);
  if (exitHook) return;
  exitHook = true;
  runtime.onExit(() => {
    for (const other of members) if (other.daemon) other.terminate();
  });
}

/** Counts a child out. */
export function leave(member: Member): void {
  members.delete(member);
}

/** The live children. */
export function family(): Iterable<Member> {
  return members;
}

/**
 * Describes the process or thread that this code runs in.
 *
 * @returns Its name, pid and whether it is a daemon. Inside the `run` of a class that extends
 * `Process`, the instance itself.
 *
 * @example
 * ```ts
 * import { currentProcess } from "@manycore/multiprocessing";
 *
 * console.log(currentProcess().name); // MainProcess
 * ```
 */
export function currentProcess(): ProcessInfo {
  return current ??= {
    name: self.name,
    pid: runtime.pid(),
    daemon: self.daemon,
    isAlive: () => true,
  };
}

/**
 * Describes the parent of this process or thread.
 *
 * @returns `null` in a program that this library did not start.
 *
 * @example
 * ```ts
 * import { parentProcess } from "@manycore/multiprocessing";
 *
 * console.log(parentProcess()); // null, in the main program
 * ```
 */
export function parentProcess(): ProcessInfo | null {
  return parent;
}
