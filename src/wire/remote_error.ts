/**
 * Layer 3, wire. What becomes of an error that was thrown elsewhere. Its stack leads from where it was
 * thrown to where the call is awaited here, as if there were no process in between, without the
 * library's own frames; its cause keeps the stack from there.
 *
 * Who awaits is known when the failure is passed on, and only then costs something: an asynchronous
 * function of the library that is resumed with it sees the functions that wait for it, on all
 * runtimes, if they do so directly.
 *
 * @module
 */

import { RemoteError } from "../errors.ts";
import { setStackDepth } from "../stack_depth.ts";

const FIRST_FRAME = /\n {1,8}at /;
const ASYNC_FRAME = /^ +at async /;
/**
 * From here on frames are the library's: {@link calledRemotely}, which a bundler may number, or what
 * waits for an asynchronous function.
 */
const OURS = /\n {1,8}at (?:calledRemotely\d*|async (?:(?:Worker\.)?#runTasks|runChild)) [^]*$/;
/** What imports a module for a message. */
const IMPORT = /\bimportWhole\d* /;
const MAX_CAUSES = 8;
/** So many calls at a time are followed: a suspended function for each of thousands is a load. */
const MANY = 64;
let waiting = 0;
let calls = 0;
/** Errors whose stack is to be continued where the call is awaited. */
const unplaced = new WeakSet<Error>();

/** A stack without the frames of the library that has called the user's function. */
export function ownFrames(stack: string): string {
  return stack.replace(OURS, "");
}

/**
 * Whether a stack leads to a function that was called for another process. The top level of a module
 * is not, though who waits for its import may be.
 */
export function isCalledRemotely(stack: string): boolean {
  return OURS.test(stack) && !IMPORT.test(stack);
}

/** Calls a user's function for another process, with an argument or a list. Its name marks the stack. */
export function calledRemotely(
  // deno-lint-ignore no-explicit-any
  fn: (...args: any[]) => unknown,
  list: boolean,
  given: unknown,
): unknown {
  const result = list ? fn(...given as unknown[]) : fn(given);
  calls++; // JavaScriptCore leaves out of a stack who has nothing more to do
  return result;
}

/**
 * Keeps the remote stack as the cause of an error, and the error's own cause behind it.
 *
 * @param where Who threw it, such as `PoolWorker-1 (pid 123)`.
 */
export function remoteError(error: unknown, where: string): unknown {
  if (!(error instanceof Error)) return error;
  try {
    return withRemoteStack(error, where);
  } catch {
    return error; // it is of a class that lets nobody read or change it
  }
}

function withRemoteStack(error: Error, where: string): Error {
  const cause = error.cause === undefined ? undefined : { cause: error.cause };
  const message = `In ${where}: ${String(error.message).split("\n", 1)[0]}`;
  const remote = new RemoteError(message, cause);
  const [head, frames] = split(error);
  setStack(remote, `${remote.name}: ${message}${frames}`);
  setStack(error, head + frames);
  let below = error.cause;
  for (let depth = 0; below instanceof Error && depth < MAX_CAUSES; depth++, below = below.cause) {
    trim(below);
  }
  if (error instanceof AggregateError && Array.isArray(error.errors)) {
    for (const one of error.errors) if (one instanceof Error) trim(one);
  }
  Reflect.defineProperty(error, "cause", { value: remote, configurable: true, writable: true });
  unplaced.add(error);
  return error;
}

/** Makes an error for a call that has failed here: the frames up to here tell nobody anything. */
export function localError<E extends Error>(make: () => E): E {
  const error = withoutFrames(make);
  trim(error);
  unplaced.add(error);
  return error;
}

/** Makes an error that does not show from where: runtimes would print that line of the library. */
export function withoutFrames<E extends Error>(make: () => E): E {
  const back = setStackDepth(0);
  try {
    return make();
  } finally {
    back();
  }
}

/**
 * Makes a call, or begins to wait for one. If it fails, the stack of the error goes on where the
 * returned promise is awaited; unless there are {@link MANY} such calls already.
 */
export function withCaller<R>(call: () => Promise<R>): Promise<R> {
  if (waiting < MANY) return followed(call);
  try {
    return call();
  } catch (error) {
    return Promise.reject(error);
  }
}

async function followed<R>(call: () => Promise<R>): Promise<R> {
  waiting++;
  try {
    return await call();
  } catch (error) {
    throw error instanceof Error && unplaced.delete(error) ? placed(error) : error;
  } finally {
    waiting--;
  }
}

function placed(error: Error): Error {
  const frames = new Error().stack?.split("\n").filter((line) => ASYNC_FRAME.test(line)) ?? [];
  setStack(error, [error.stack, ...frames].join("\n"));
  return error;
}

function trim(error: Error): void {
  setStack(error, split(error).join(""));
}

function split(error: Error): [head: string, frames: string] {
  const { stack } = error;
  const headline = `${error.name}: ${error.message}`;
  if (typeof stack !== "string" || stack === "") return [headline, ""];
  // A message may look like frames.
  const from = stack.startsWith(headline) ? headline.length : 0;
  const at = stack.slice(from).search(FIRST_FRAME);
  if (at < 0) return [stack, ""];
  return [stack.slice(0, from + at), ownFrames(stack.slice(from + at))];
}

function setStack(error: Error, value: string): void {
  Reflect.defineProperty(error, "stack", { value, configurable: true, writable: true });
}
