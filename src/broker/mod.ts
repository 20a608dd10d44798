/**
 * Layer 6, broker. Shared objects for isolates that cannot reach their memory: where the runtime maps
 * no pages (no permission, Node before 26, no Linux, `MANYCORE_NATIVE=0`). The objects stay with the
 * process that made them; a helper thread there carries out operations for the others, so that
 * it answers also while that process is busy or blocked.
 *
 * Puts itself into the seam of `park/brokers.ts` when it is loaded.
 *
 * @module
 */

import { installBrokers } from "../park/brokers.ts";
import type { ObjectName } from "../park/brokers.ts";
import type { End, MemoryEnd } from "../park/end.ts";
import { AGAIN } from "../park/operation.ts";
import type { NowOperation, WaitOperation } from "../park/operation.ts";
import { nameOf } from "../park/operations.ts";
import { timeoutOf } from "../park/wait.ts";
import type { WaitOptions } from "../park/wait.ts";
import { reservedPort } from "../runtime/broker_socket.ts";
import { runtime } from "../runtime/mod.ts";
import { noteInternalModule } from "../wire/classes.ts";
import { order } from "./helper.ts";
import {
  brokerAddress,
  call,
  callBlocked,
  CANCELLED,
  knownAddress,
  sayGoodbye,
  serve,
} from "./link.ts";
import type { CallKind, Request } from "./messages.ts";

/** An end whose owner carries the operations out. */
class RemoteEnd implements End {
  readonly block = null;
  readonly name: ObjectName;
  /** How the waits under way are cancelled. */
  readonly #waits = new Map<(reason: unknown) => void, number>();

  constructor(name: ObjectName) {
    this.name = name;
  }

  now<A, R>(operation: NowOperation<A, R>, argument: A): R {
    return callBlocked(
      this.name.address,
      this.#request("now", nameOf(operation), argument, 0),
    ) as R;
  }

  first(): number {
    return AGAIN;
  }

  async wait<A>(
    operation: WaitOperation<A>,
    argument: A,
    options: WaitOptions | undefined,
    action: string,
  ): Promise<number> {
    const timeout = timeoutOf(options, action);
    const signal = options?.signal;
    signal?.throwIfAborted();
    const { address } = this.name;
    let cancel: (reason: unknown) => void = () => {};
    let reason: unknown;
    const onAbort = () => cancel(signal!.reason);
    const request = this.#request("wait", nameOf(operation), pack(operation, argument), timeout);
    try {
      const result = await call(address, request, (id) => {
        cancel = (why) => {
          reason = why;
          order(["ask", address, ["cancel", id]]);
        };
        this.#waits.set(cancel, operation.waitSet);
        signal?.addEventListener("abort", onAbort, { once: true });
      });
      if (result === CANCELLED) throw reason;
      return receive(operation, result, argument);
    } finally {
      this.#waits.delete(cancel);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  abandon<A>({ waitSet }: WaitOperation<A>, reason: unknown): void {
    for (const [cancel, set] of this.#waits) if (set === waitSet) cancel(reason);
  }

  waitSync<A>(
    operation: WaitOperation<A>,
    argument: A,
    options: WaitOptions | undefined,
    action: string,
  ): number {
    const timeout = timeoutOf(options, action);
    options?.signal?.throwIfAborted(); // it cannot abort while this isolate is blocked
    const request = this.#request("wait", nameOf(operation), pack(operation, argument), timeout);
    return receive(operation, callBlocked(this.name.address, request), argument);
  }

  #request(
    kind: CallKind,
    operation: string,
    argument: unknown,
    timeout: number,
  ): (id: number) => Request {
    const { address, key, slab, at } = this.name;
    connect(address);
    return (id) => ["call", id, kind, operation, key, slab, at, argument, timeout];
  }
}

function pack<A>({ crossing }: WaitOperation<A>, argument: A): unknown {
  return crossing === undefined ? argument : crossing.pack(argument);
}

function receive<A>({ crossing }: WaitOperation<A>, answer: unknown, argument: A): number {
  return crossing === undefined ? answer as number : crossing.receive(answer, argument);
}

/** Blocks and arenas that this isolate's broker serves. */
const served = new WeakSet<object>();
/** Brokers of objects that this isolate was given. */
const known = new Set<string>();
const connected = new Set<string>();

/** Says good-bye to a broker when this isolate ends by itself. */
function connect(address: string): void {
  if (connected.has(address)) return;
  connected.add(address);
  if (connected.size > 1) return;
  runtime.onExit(() => {
    for (const broker of connected) sayGoodbye(broker);
  });
}

noteInternalModule(import.meta.url);
installBrokers({
  module: import.meta.url,
  offer(end: MemoryEnd): ObjectName {
    const address = brokerAddress();
    const { arena } = end.member;
    const { slab, at, buffers } = arena.addressOf(end.block);
    if (!served.has(end.block)) {
      serve(["offer", arena.key, arena.root.buffer as SharedArrayBuffer, slab, at, buffers]);
      served.add(end.block);
    }
    return { address, key: arena.key, slab, at };
  },
  addressFor(end: MemoryEnd): string | null {
    const address = knownAddress();
    const { arena } = end.member;
    if (address !== null && !served.has(arena)) {
      serve(["offerMapped", arena.key, runtime.pid(), arena.file]);
      served.add(arena);
    }
    return address;
  },
  hosts() {
    const own = knownAddress() ?? `tcp:${reservedPort()}`;
    return [own, ...known].flatMap((address) => {
      const port = address.match(/^tcp:([1-9]\d*)/)?.[1];
      return port === undefined ? [] : [`127.0.0.1:${port}`];
    });
  },
  reach(name) {
    known.add(name.address);
    return new RemoteEnd(name);
  },
  nameOf: (end) => (end as RemoteEnd).name,
});
