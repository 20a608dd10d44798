/**
 * Python's `multiprocessing` for TypeScript: real operating-system processes and threads, on Deno,
 * Bun and Node, through one API.
 *
 * - {@link Pool} runs a function over many inputs on all cores: start here.
 * - {@link Process} runs one function beside the program.
 * - {@link Thread} and {@link ThreadPool} are the same in threads: quicker to start, not isolated.
 * - {@link Lock}, {@link Semaphore}, {@link Event}, {@link Condition} and {@link Barrier} let them wait
 *   for each other; {@link Value}, {@link SharedArray} and {@link SharedMemory} are memory that they
 *   share.
 *
 * Functions travel by name, not by value: export them, {@link register} them, or send their source
 * with {@link inline}. Times are in milliseconds.
 *
 * @module
 */

export {
  AbandonedLockError,
  AuthenticationError,
  BootstrapError,
  BrokenBarrierError,
  BrokenPipeError,
  BrokenPoolError,
  BufferTooShort,
  CancelledError,
  EOFError,
  FunctionReferenceError,
  MultiprocessingError,
  PoolTerminatedError,
  ProcessError,
  ProtocolError,
  QueueEmpty,
  QueueFull,
  QueueShutDown,
  RemoteError,
  SerializationError,
  TimeoutError,
  WorkerLostError,
} from "./src/errors.ts";
export { getContext, Thread, ThreadPool } from "./src/context.ts";
export type { Context } from "./src/context.ts";
export { currentProcess, parentProcess } from "./src/process/family.ts";
export { getAllStartMethods, getStartMethod, setStartMethod } from "./src/park/start_method.ts";
export type { ProcessInfo } from "./src/process/family.ts";
export type { StartMethod } from "./src/park/start_method.ts";
export { getLogger, logToStderr } from "./src/process/logging.ts";
export type { Logger, LogHandler, LogLevel, LogMessage, LogRecord } from "./src/process/logging.ts";
export { cpuCount } from "./src/process/cpu_count.ts";
export { activeChildren, Process } from "./src/process/process.ts";
export type { ProcessOptions, Target } from "./src/process/options.ts";
export type { LaunchOptions } from "./src/process/launcher.ts";
export { warm } from "./src/process/warm.ts";
export type { Spares, WarmOptions } from "./src/process/warm.ts";
export type { Output, Permissions, PermissionSet } from "./src/runtime/types.ts";
export type { WaitOptions } from "./src/park/wait.ts";
export { Pool } from "./src/pool/pool.ts";
export { AsyncResult } from "./src/pool/async_result.ts";
export { currentTask } from "./src/pool/current_task.ts";
export type { CurrentTask } from "./src/pool/current_task.ts";
export type { TaskOptions } from "./src/pool/call.ts";
export type { RetryOptions } from "./src/pool/retries.ts";
export type { Items } from "./src/pool/input.ts";
export type {
  ApplyOptions,
  CallbackOptions,
  ImapOptions,
  MapOptions,
  PoolOptions,
  PoolStats,
  Task,
  TaskResult,
  WorkerStats,
} from "./src/pool/options.ts";
export type { Percentiles } from "./src/pool/meter.ts";
export type { TraceSummary } from "./src/pool/trace_file.ts";
export { Executor, ProcessPoolExecutor, ThreadPoolExecutor } from "./src/executor/executor.ts";
export { Future } from "./src/executor/future.ts";
export type {
  ExecutorMapOptions,
  ExecutorOptions,
  Iterables,
  ShutdownOptions,
} from "./src/executor/options.ts";
export { asCompleted, waitFutures } from "./src/executor/waiting.ts";
export type {
  CompletedFutures,
  ReturnWhen,
  WaitedFutures,
  WaitFuturesOptions,
} from "./src/executor/waiting.ts";
export { Connection } from "./src/connection/connection.ts";
export type { Bytes } from "./src/connection/bytes.ts";
export type { SendOptions } from "./src/connection/connection.ts";
export { Pipe } from "./src/connection/pipe.ts";
export type { PipeOptions } from "./src/connection/pipe.ts";
export { wait } from "./src/connection/wait.ts";
export type { Address } from "./src/remote/address.ts";
export { connect } from "./src/remote/connect.ts";
export type { ConnectOptions } from "./src/remote/connect.ts";
export { Listener } from "./src/remote/listener.ts";
export type { ListenerOptions } from "./src/remote/listener.ts";
export type { Readable } from "./src/connection/wait.ts";
export { JoinableQueue } from "./src/queue/joinable_queue.ts";
export { Queue } from "./src/queue/queue.ts";
export type { PutOptions } from "./src/queue/queue.ts";
export { SimpleQueue } from "./src/queue/simple_queue.ts";
export { Barrier } from "./src/sync/barrier.ts";
export type { BarrierOptions } from "./src/sync/barrier.ts";
export { Condition } from "./src/sync/condition.ts";
export { Event } from "./src/sync/event.ts";
export type { AcquireOptions, Held } from "./src/sync/holding.ts";
export { Lock } from "./src/sync/lock.ts";
export { RLock } from "./src/sync/rlock.ts";
export { BoundedSemaphore, Semaphore } from "./src/sync/semaphore.ts";
export { RawValue, Value } from "./src/shared/value.ts";
export { RawArray } from "./src/shared/raw_array.ts";
export { SharedArray } from "./src/shared/shared_array.ts";
export { SharedMemory } from "./src/shared/shared_memory.ts";
export type { SharedMemoryOptions } from "./src/shared/shared_memory.ts";
export { ShareableList } from "./src/shared/shareable_list.ts";
export type { ShareableListOptions } from "./src/shared/shareable_list.ts";
export type { ListItem } from "./src/shared/list_layout.ts";
export type {
  ItemCodes,
  ItemName,
  ItemOf,
  ItemType,
  ItemTypes,
  TypedOf,
} from "./src/shared/item_types.ts";
export type { LockLike, LockOptions } from "./src/shared/lock.ts";
export { BaseManager } from "./src/manager/base_manager.ts";
export type { ManagerOptions, WithRegistered } from "./src/manager/base_manager.ts";
export type { Made, Make, Remote } from "./src/manager/remote_types.ts";
export { Manager } from "./src/manager/manager.ts";
export type { ManagedBarrierOptions } from "./src/manager/manager.ts";
export { ManagerServer } from "./src/manager/manager_server.ts";
export type { RegisterOptions } from "./src/manager/registry.ts";
export { SharedMemoryManager } from "./src/manager/shared_memory_manager.ts";
export { RemoteProxy } from "./src/manager/proxy.ts";
export { BarrierProxy } from "./src/manager/barrier_proxy.ts";
export { ConditionProxy } from "./src/manager/condition_proxy.ts";
export { DictProxy, NamespaceProxy, SetProxy } from "./src/manager/dict_proxy.ts";
export type { Entries } from "./src/manager/dict_proxy.ts";
export { EventProxy } from "./src/manager/event_proxy.ts";
export { ListProxy } from "./src/manager/list_proxy.ts";
export type { Update } from "./src/manager/list_proxy.ts";
export { LockProxy, RLockProxy } from "./src/manager/lock_proxies.ts";
export type { RemoteHeld } from "./src/manager/lock_proxies.ts";
export { PoolProxy } from "./src/manager/pool_proxy.ts";
export type { PoolCallOptions } from "./src/manager/pool_proxy.ts";
export { JoinableQueueProxy, QueueProxy } from "./src/manager/queue_proxies.ts";
export { SemaphoreProxy } from "./src/manager/semaphore_proxies.ts";
export { ArrayProxy, ValueProxy } from "./src/manager/value_proxies.ts";
export { registerClass } from "./src/wire/classes.ts";
export type { AnyClass, ClassOptions } from "./src/wire/classes.ts";
export { inline } from "./src/wire/functions/inline.ts";
export { partial } from "./src/wire/functions/partial.ts";
export { register } from "./src/wire/functions/register.ts";
export type { AnyFunction } from "./src/wire/functions/register.ts";
export type { FunctionSpec } from "./src/wire/functions/spec.ts";

// Never called. Deno caches what is mentioned along with the rest, so that what was cached from an
// address can start children without a network.
void [() => import("./src/child.ts"), () => import("./src/broker_thread.ts")];
