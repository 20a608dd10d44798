/**
 * Layer 9, process. What a `Process` can be told, and the check of it when the object is made: a
 * mistake is an error where it stands, and not in the child.
 *
 * @module
 */

import { show } from "../show.ts";
import { isFunctionSpec } from "../wire/functions/mod.ts";
import type { FunctionSpec } from "../wire/functions/mod.ts";
import type { LaunchOptions } from "./launcher.ts";
import { checkOptionNames, LAUNCH_OPTIONS } from "./option_names.ts";
import type { OptionNames } from "./option_names.ts";

/** What a process runs. */
// deno-lint-ignore no-explicit-any
export type Target<A extends any[]> = ((...args: A) => unknown) | FunctionSpec;

/** Options of a `Process`. */
// deno-lint-ignore no-explicit-any
export interface ProcessOptions<A extends any[] = any[]> extends LaunchOptions {
  /** The function to run in the child. Left out by classes that override `run`. */
  target?: Target<A>;
  /** Its arguments. Default none. */
  args?: A;
  /** Default `Process-N`; in a child `Process-1:N`. */
  name?: string;
  /** Whether the child is ended when this program ends. Default: as the creating process. */
  daemon?: boolean;
}

const PERMISSIONS: readonly string[] = [
  "read",
  "write",
  "net",
  "env",
  "run",
  "ffi",
  "sys",
  "import",
];
const EXAMPLES: Readonly<Record<string, string>> = {
  read: '["./data"]',
  write: '["./out"]',
  net: '["example.com:443"]',
  env: '["HOME"]',
  run: '["git"]',
};
const PROCESS_OPTIONS: OptionNames = new Set(
  ["target", "args", "name", "daemon", "stdout", "stderr", ...LAUNCH_OPTIONS],
);
const OUTPUTS: readonly unknown[] = ["inherit", "null", "piped"];

/**
 * Refuses options that no process can be made from.
 *
 * @throws {TypeError} If one has the wrong type.
 * @throws {RangeError} If one is out of its range.
 */
// deno-lint-ignore no-explicit-any
export function checkOptions(options: ProcessOptions<any>): void {
  if (!isObject(options)) {
    throw new TypeError(
      `Cannot make a process from ${show(options)}: give an object such as ` +
        "{ target: work, args: [1] }",
    );
  }
  checkOptionNames("make a process", options, PROCESS_OPTIONS);
  const { target, args, name, daemon } = options;
  if (target !== undefined && typeof target !== "function" && !isFunctionSpec(target)) {
    throw new TypeError(
      `Cannot run the target ${show(target)}: give a function, or { module, name }`,
    );
  }
  if (args !== undefined && !Array.isArray(args)) {
    throw new TypeError(`Cannot pass args ${show(args)}: give an array, such as [${show(args)}]`);
  }
  checkName(name);
  if (daemon !== undefined && typeof daemon !== "boolean") {
    throw new TypeError(`Cannot set daemon to ${show(daemon)}: give true or false`);
  }
  checkLaunchOptions(options);
}

/**
 * Refuses what no child can be started with, of a process or of a pool.
 *
 * @throws {TypeError} If an option has the wrong type.
 * @throws {RangeError} If one is out of its range.
 */
export function checkLaunchOptions(options: LaunchOptions): void {
  const { env, cwd, permissions, memoryLimitMb } = options;
  if (cwd !== undefined && typeof cwd !== "string") {
    throw new TypeError(`Cannot start a process in the folder ${show(cwd)}: give a path`);
  }
  if (env !== undefined && !(isObject(env) && Object.values(env).every(isString))) {
    throw new TypeError(
      `Cannot add ${
        show(env)
      } to the environment: give an object of strings, such as { MODE: "x" }`,
    );
  }
  for (const key of ["stdout", "stderr"] as const) {
    const value = options[key];
    if (value === undefined || OUTPUTS.includes(value)) continue;
    throw new TypeError(
      `Cannot send ${key} to ${show(value)}: use "inherit", "null" or "piped"`,
    );
  }
  checkPermissions(permissions);
  if (memoryLimitMb !== undefined && !(Number.isInteger(memoryLimitMb) && memoryLimitMb > 0)) {
    throw new RangeError(
      `Cannot limit memory to ${show(memoryLimitMb)}: give a whole number of megabytes above 0`,
    );
  }
}

/** Refuses a name that is no string. */
export function checkName(name: unknown): void {
  if (name !== undefined && typeof name !== "string") {
    throw new TypeError(`Cannot name a process ${show(name)}: give a string`);
  }
}

function checkPermissions(permissions: unknown): void {
  if (permissions === undefined || permissions === "inherit" || permissions === "none") return;
  if (!isObject(permissions) || Array.isArray(permissions)) {
    throw new TypeError(
      `Cannot give a child the permissions ${show(permissions)}: use "inherit", "none", or a set ` +
        'such as { read: ["./data"], net: true }',
    );
  }
  for (const [name, value] of Object.entries(permissions)) {
    if (!PERMISSIONS.includes(name)) {
      throw new TypeError(
        `Cannot give a child the permission ${JSON.stringify(name)}: there are ${
          PERMISSIONS.join(", ")
        }`,
      );
    }
    if (value === undefined || typeof value === "boolean") continue;
    if (Array.isArray(value) && value.every((one) => isString(one) && one !== "")) continue;
    throw new TypeError(
      `Cannot set the permission ${name} to ${show(value)}: give true, false, or a list of ` +
        `strings, such as ${EXAMPLES[name] ?? '["…"]'}`,
    );
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}
