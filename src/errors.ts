/**
 * Layer 0. Every error class that the library throws. Imports what deepens stacks.
 *
 * A message states the action, the value received, and what to do next.
 *
 * @module
 */

import { deepenStacks } from "./stack_depth.ts";

/** Frames of a call that was refused: ours come first, the caller's behind them is the one to look at. */
const REFUSED_FRAMES = 40;

/** The base of every error of this library: `catch (e) { if (e instanceof MultiprocessingError) … }`. */
export class MultiprocessingError extends Error {
  /** The name of the class, also after the error has crossed from another process. */
  override name = "MultiprocessingError";
}

/** A process or pool was used in a way its state does not allow, or could not be started. */
export class ProcessError extends MultiprocessingError {
  /** The name of the class. */
  override name = "ProcessError";
}

/** A wait ran out of its `timeout`, or a task ran longer than its own. */
export class TimeoutError extends MultiprocessingError {
  /** The name of the class. */
  override name = "TimeoutError";
  /** Position of the task in the input of its `map`, where there is one. */
  taskIndex?: number;
}

/**
 * A worker died while it ran a task: killed, out of memory, by calling `exit()`, or for an error that
 * nobody caught, which is then the `cause`.
 */
export class WorkerLostError extends MultiprocessingError {
  /** The name of the class. */
  override name = "WorkerLostError";
  /** Process id of the lost worker; for a thread, the id of the process that it lived in. */
  pid?: number;
  /** Exit code of the lost worker: `-N` after signal N, `null` if unknown. */
  exitCode?: number | null;
  /** Position of the task in the input of its `map`; 0 for `apply`. */
  taskIndex?: number;
  /** How often the task was tried: so many workers it has ended. More than 1 only with `retries`. */
  attempts?: number;
}

/** The pool was terminated before this result was ready. */
export class PoolTerminatedError extends MultiprocessingError {
  /** The name of the class. */
  override name = "PoolTerminatedError";
}

/** The pool cannot run anything: its initializer failed, or its workers cannot start. */
export class BrokenPoolError extends MultiprocessingError {
  /** The name of the class. */
  override name = "BrokenPoolError";
}

/** The task was cancelled before it began. */
export class CancelledError extends MultiprocessingError {
  /** The name of the class. */
  override name = "CancelledError";
}

/**
 * The holder of a lock has ended without releasing it. Told to one acquirer, once: what the lock
 * protects may be half done. The caller does not hold the lock; acquiring it again succeeds.
 */
export class AbandonedLockError extends MultiprocessingError {
  /** The name of the class. */
  override name = "AbandonedLockError";
}

/** A barrier was aborted or reset, or a party gave up, failed or died. */
export class BrokenBarrierError extends MultiprocessingError {
  /** The name of the class. */
  override name = "BrokenBarrierError";
}

/** There was no item in the queue in time. */
export class QueueEmpty extends MultiprocessingError {
  /** The name of the class. */
  override name = "QueueEmpty";
}

/** There was no room in the queue in time. */
export class QueueFull extends MultiprocessingError {
  /** The name of the class. */
  override name = "QueueFull";
}

/** The queue takes no more items; when getting: and has none left. */
export class QueueShutDown extends MultiprocessingError {
  /** The name of the class. */
  override name = "QueueShutDown";
}

/** The other side has another key, or none. */
export class AuthenticationError extends MultiprocessingError {
  /** The name of the class. */
  override name = "AuthenticationError";
}

/** The other end of the connection is closed, and everything that it sent has been received. */
export class EOFError extends MultiprocessingError {
  /** The name of the class. */
  override name = "EOFError";
}

/** The other end of the connection is closed: nobody would receive what is sent. */
export class BrokenPipeError extends MultiprocessingError {
  /** The name of the class. */
  override name = "BrokenPipeError";
}

/** The message that came is longer than the buffer that it was to be received into. */
export class BufferTooShort extends MultiprocessingError {
  /** The name of the class. */
  override name = "BufferTooShort";
  /** The whole message, which has been taken out of the connection. */
  bytes?: Uint8Array;
}

/** A value cannot travel to another process; `path` says which one. */
export class SerializationError extends MultiprocessingError {
  /** The name of the class. */
  override name = "SerializationError";
  /** Where the offending value sits, such as `args[0].user.socket`. */
  path?: string;

  /** Made by the library, with a stack that reaches to who has called it. */
  constructor(message?: string, options?: ErrorOptions) {
    const back = deepenStacks(REFUSED_FRAMES);
    super(message, options);
    back();
  }
}

/** A function cannot be found again by another process. */
export class FunctionReferenceError extends MultiprocessingError {
  /** The name of the class. */
  override name = "FunctionReferenceError";

  /** Made by the library, with a stack that reaches to who has called it. */
  constructor(message?: string, options?: ErrorOptions) {
    const back = deepenStacks(REFUSED_FRAMES);
    super(message, options);
    back();
  }
}

/** A module started a process while a child was importing it: the main guard is missing. */
export class BootstrapError extends MultiprocessingError {
  /** The name of the class. */
  override name = "BootstrapError";
}

/** Stands for what happened on the other side: its `stack` is the remote stack. */
export class RemoteError extends MultiprocessingError {
  /** The name of the class. */
  override name = "RemoteError";
}

/** The bytes that arrived are not what this library sends: truncated, mutated or hostile. */
export class ProtocolError extends MultiprocessingError {
  /** The name of the class. */
  override name = "ProtocolError";
}
