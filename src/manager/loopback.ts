/**
 * Layer 12, manager. A channel within one isolate: a server and its own program are a client and a
 * server like any others.
 *
 * @module
 */

import type { Channel, Message } from "../runtime/mod.ts";

type OnMessage = (bytes: Uint8Array, attachments: readonly unknown[]) => void;

/** One end. */
class Loopback implements Channel {
  other: Loopback | null = null;
  #onMessage: OnMessage | null = null;
  #onClose: (() => void) | null = null;
  #inbox: Uint8Array[] = [];
  #scheduled = false;
  #closed = false;

  send({ bytes }: Message): void {
    if (!this.#closed) this.other!.#take(bytes);
  }

  open(onMessage: OnMessage, onClose: () => void): void {
    this.#onMessage = onMessage;
    this.#onClose = onClose;
    if (this.#inbox.length > 0) this.#schedule();
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    if (this.#closed) return;
    this.#end();
    queueMicrotask(() => this.other!.#end());
  }

  #take(bytes: Uint8Array): void {
    this.#inbox.push(bytes);
    if (this.#onMessage !== null) this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#deliver());
  }

  #deliver(): void {
    this.#scheduled = false;
    for (const bytes of this.#inbox.splice(0)) this.#onMessage?.(bytes, []);
  }

  #end(): void {
    if (this.#closed) return;
    if (this.#inbox.length > 0 && this.#onMessage !== null) this.#deliver();
    this.#closed = true;
    this.#onClose?.();
  }
}

/** Makes the two ends of a channel. */
export function loopback(): [Channel, Channel] {
  const [one, other] = [new Loopback(), new Loopback()];
  one.other = other;
  other.other = one;
  return [one, other];
}
