/**
 * Layer 1, runtime. A way for objects beside a channel between threads: what lies in shared memory
 * cannot carry a port or another `SharedArrayBuffer`. Two ends; each can be moved to another thread
 * with what has been sent to it. Neither keeps its isolate alive.
 *
 * @module
 */

type Port = import("node:worker_threads").MessagePort;

/** An end. */
export interface SidePort {
  /** What is moved to another thread: the end itself is of no use here afterwards. */
  readonly port: object;
  /** Whether it is here: not moved, not closed. */
  readonly isHere: boolean;
  /** Sends objects. Never waits. */
  send(objects: readonly unknown[], transfer: readonly object[]): void;
  /** Takes what was sent first; `null` if nothing has come. */
  take(): unknown[] | null;
  /** Ends it. */
  close(): void;
}

/** Whether a message has moved a port. */
export type WasMoved = (port: object) => boolean;

/** Makes the two ends. */
export function sidePorts(wasMoved: WasMoved): [SidePort, SidePort] {
  const { MessageChannel } = process.getBuiltinModule("node:worker_threads");
  const { port1, port2 } = new MessageChannel();
  return [sidePort(port1, wasMoved), sidePort(port2, wasMoved)];
}

/** How many will have closed the same port before it is closed. */
const users = new WeakMap<object, number>();

/** An end that has arrived. Where it came `times` in a message it has to be closed as often. */
export function sidePort(port: object, wasMoved: WasMoved, times = 1): SidePort {
  const { receiveMessageOnPort } = process.getBuiltinModule("node:worker_threads");
  const own = port as Port;
  let closed = false;
  if (!users.has(port)) users.set(port, times);
  return {
    port,
    get isHere() {
      return !closed && !wasMoved(port);
    },
    send: (objects, transfer) => own.postMessage(objects, transfer as never),
    take: () => (receiveMessageOnPort(own)?.message as unknown[] | undefined) ?? null,
    close() {
      if (closed) return;
      const left = users.get(port)! - 1;
      users.set(port, left);
      if (left === 0 && this.isHere) own.close(); // Deno would close one that was moved, wherever it is
      closed = true;
    },
  };
}
