/**
 * Layer 5, channel. A channel as its public classes use it: values in, values out. Turns time-outs,
 * signals and results into promises; what they mean to the user is said by the class.
 *
 * @module
 */

import { ProtocolError, SerializationError } from "../errors.ts";
import type { End } from "../park/end.ts";
import { AGAIN, EXPIRED } from "../park/operation.ts";
import { timeoutOf } from "../park/wait.ts";
import type { WaitOptions } from "../park/wait.ts";
import type { Encoder } from "../wire/encode.ts";
import { awaitItem, CHANNEL, putItem, takeItem, tryPut, tryTake } from "./channel_words.ts";
import { Arrival, dispatched, withdrawn, writeItem } from "./items.ts";
import type { Beside } from "./items.ts";
import { doneWith, snapshotOf, writeInPlace } from "./long_bytes.ts";
import type { ItemInPlace } from "./long_bytes.ts";
import { itemBytes } from "./rings.ts";
import type { Item } from "./rings.ts";

const SENT = Promise.resolve();
const AT_ONCE = { timeout: 0 };

/** What to say when a put or a take does not succeed. */
export interface Wording {
  /** As in "Cannot … ". */
  readonly put: string;
  readonly take: string;
  /** The errors of {@link CHANNEL}.SHUT, .CLOSED and of a wait that has expired. */
  failure(action: string, result: number, timeout: number): Error;
}

/** What a channel whose ends count tells whoever has it. */
export interface Events {
  /** A put finds that nobody takes any more. */
  closed(): void;
  /** An item is in it that holds what has to be given back if nobody takes it. */
  carries(): void;
}

/** Sends values through a channel, and receives them. */
export class Channel {
  readonly end: End;
  readonly #wording: Wording;
  /** The way for what items cannot carry, between threads. */
  readonly #beside: Beside | null;
  /** What must not be dropped while a call waits: its end closes when it is. */
  readonly owner: object | null;
  readonly #events: Events | null;
  /** An item that could not be read while this thread was blocked. */
  #kept: Arrival | null = null;

  constructor(
    end: End,
    wording: Wording,
    beside: Beside | null = null,
    owner: object | null = null,
    events: Events | null = null,
  ) {
    this.owner = owner;
    this.#events = events;
    this.end = end;
    this.#wording = wording;
    this.#beside = beside;
  }

  /** Writes the value down at once, and resolves when it is in the channel. */
  put(
    value: unknown,
    what: string,
    options?: WaitOptions,
    transfer?: readonly object[],
  ): Promise<void> {
    try {
      checkWait(options, this.#wording.put);
      const inPlace = this.#inPlace(value, transfer);
      if (inPlace !== null) return this.#putInPlace(inPlace, options);
      const encoder = this.#write(value, what, transfer);
      const result = this.#attempt(encoder);
      if (result === AGAIN) return this.#putLater(encoder, options);
      this.#conclude(encoder, result, 0);
      return SENT;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** As {@link put}, blocking this thread. */
  putSync(value: unknown, what: string, options?: WaitOptions, transfer?: readonly object[]): void {
    const timeout = checkWait(options, this.#wording.put);
    const inPlace = this.#inPlace(value, transfer);
    if (inPlace !== null) return this.#putInPlaceSync(inPlace, options, timeout);
    const encoder = this.#write(value, what, transfer);
    let result: number | undefined;
    try {
      result = this.end.waitSync(putItem, encoder as Item, options, this.#wording.put);
    } finally {
      if (result === undefined) withdrawn(encoder);
    }
    this.#conclude(encoder, result, timeout);
  }

  /** Puts if there is room; returns whether there was. */
  putNowait(value: unknown, what: string, transfer?: readonly object[]): boolean {
    const encoder = this.#write(value, what, transfer);
    const result = this.end.block === null
      ? this.end.waitSync(putItem, encoder as Item, AT_ONCE, this.#wording.put)
      : this.end.now(tryPut, encoder as Item);
    const full = result === AGAIN || result === EXPIRED;
    if (full) withdrawn(encoder);
    else this.#conclude(encoder, result, 0);
    return !full;
  }

  /** Takes a value. */
  take(options?: WaitOptions): Promise<unknown> {
    try {
      checkWait(options, this.#wording.take);
      if (this.#kept !== null) return this.#takeKept(this.#kept);
      const arrival = new Arrival(this.#beside);
      const result = this.end.first(takeItem, arrival);
      if (result === AGAIN) return this.#takeLater(arrival, options);
      this.#checkTaken(result, 0);
      return arrival.isRead ? Promise.resolve(arrival.value()) : arrival.valueLater();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** As {@link take}, blocking this thread. */
  takeSync(options?: WaitOptions): unknown {
    const timeout = checkWait(options, this.#wording.take);
    const arrival = this.#kept ?? new Arrival(this.#beside);
    if (this.#kept === null) {
      this.#checkTaken(this.end.waitSync(takeItem, arrival, options, this.#wording.take), timeout);
    }
    return this.#read(arrival);
  }

  /** Waits until there is something to take, also the end; whether there is when the time is up. */
  async ready(options: WaitOptions | undefined, action: string): Promise<boolean> {
    return this.#kept !== null ||
      await this.end.wait(awaitItem, 0, options, action) >= CHANNEL.DONE;
  }

  /** Ends the calls that wait to take. Nobody takes any more. */
  abandonTakes(reason: unknown): void {
    this.end.abandon(takeItem, reason);
    this.#kept?.drop();
    this.#kept = null;
  }

  /** Ends the calls that wait to put. */
  abandonPuts(reason: unknown): void {
    this.end.abandon(putItem, reason);
  }

  /** Takes a value if there is one; otherwise fails as a wait that has expired. */
  takeNowait(): unknown {
    const arrival = this.#kept ?? new Arrival(this.#beside);
    if (this.#kept === null) {
      const result = this.end.block === null
        ? this.end.waitSync(takeItem, arrival, AT_ONCE, this.#wording.take)
        : this.end.now(tryTake, arrival);
      this.#checkTaken(result === AGAIN ? EXPIRED : result, 0);
    }
    return this.#read(arrival);
  }

  #write(value: unknown, what: string, transfer?: readonly object[]): Encoder {
    const beside = this.#beside?.isHere ? this.#beside : null;
    return writeItem(beside === null ? "process" : "thread", value, what, transfer, beside);
  }

  /** An item of long bytes, which are copied once only; `null` for any other value. */
  #inPlace(value: unknown, transfer: readonly object[] | undefined): ItemInPlace | null {
    if (transfer !== undefined || this.end.block === null) return null;
    return writeInPlace(value);
  }

  #putInPlace(item: ItemInPlace, options: WaitOptions | undefined): Promise<void> {
    let result: number;
    try {
      result = this.end.first(putItem, item as Item);
      if (result === AGAIN) return this.#putCopy(snapshotOf(item), options);
    } finally {
      withdrawn(item.encoder);
    }
    this.#checkPut(result, 0, itemBytes(item));
    return SENT;
  }

  /** Nobody changes the bytes while this thread is blocked. */
  #putInPlaceSync(item: ItemInPlace, options: WaitOptions | undefined, timeout: number): void {
    let result: number;
    try {
      result = this.end.waitSync(putItem, item as Item, options, this.#wording.put);
    } finally {
      withdrawn(item.encoder);
    }
    this.#checkPut(result, timeout, itemBytes(item));
  }

  async #putCopy(item: Item, options: WaitOptions | undefined): Promise<void> {
    let result: number;
    try {
      result = await this.end.wait(putItem, item, options, this.#wording.put);
    } finally {
      doneWith(item);
    }
    this.#checkPut(result, options?.timeout ?? Infinity, itemBytes(item));
  }

  #attempt(encoder: Encoder): number {
    try {
      return this.end.first(putItem, encoder as Item);
    } catch (error) {
      withdrawn(encoder);
      throw error;
    }
  }

  async #putLater(encoder: Encoder, options: WaitOptions | undefined): Promise<void> {
    const message = encoder.take();
    dispatched(encoder);
    const item = { buffer: message.bytes, length: message.bytes.length };
    let result: number | undefined;
    try {
      result = await this.end.wait(putItem, item, options, this.#wording.put);
    } finally {
      if (result !== CHANNEL.DONE) { for (const release of message.holds) release(); }
    }
    if (message.holds.length > 0) this.#events?.carries();
    this.#checkPut(result, options?.timeout ?? Infinity, item.length);
  }

  async #takeLater(arrival: Arrival, options: WaitOptions | undefined): Promise<unknown> {
    const result = await this.end.wait(takeItem, arrival, options, this.#wording.take);
    this.#checkTaken(result, options?.timeout ?? Infinity);
    return arrival.isRead ? arrival.value() : await arrival.valueLater();
  }

  #takeKept(arrival: Arrival): Promise<unknown> {
    this.#kept = null;
    return arrival.valueLater();
  }

  /** A value for a blocked thread; an item that cannot be read there stays for the next call. */
  #read(arrival: Arrival): unknown {
    this.#kept = arrival.isRead ? null : arrival;
    return arrival.value();
  }

  #conclude(encoder: Encoder, result: number, timeout: number): void {
    const { length } = encoder;
    if (result === CHANNEL.DONE) {
      const { holdsAny } = encoder;
      dispatched(encoder);
      if (holdsAny) this.#events?.carries();
      return;
    }
    withdrawn(encoder);
    this.#checkPut(result, timeout, length);
  }

  #checkPut(result: number, timeout: number, length: number): void {
    if (result === CHANNEL.CLOSED) this.#events?.closed();
    if (result !== CHANNEL.DONE) throw this.#failure(this.#wording.put, result, timeout, length);
  }

  #checkTaken(result: number, timeout: number): void {
    if (result !== CHANNEL.DONE) throw this.#failure(this.#wording.take, result, timeout, 0);
  }

  #failure(action: string, result: number, timeout: number, length: number): Error {
    if (result === CHANNEL.TOO_LARGE) {
      return new SerializationError(
        `Cannot ${action}: it takes ${length} bytes, more than fit; send it in parts, or put it into ` +
          "a SharedMemory and send that",
      );
    }
    if (result === CHANNEL.CORRUPT) {
      return new ProtocolError(
        `Cannot ${action}: what another process wrote is no item; nothing can be read any more`,
      );
    }
    return this.#wording.failure(action, result, timeout);
  }
}

/** Checks the options before anything happens; returns the timeout. */
function checkWait(options: WaitOptions | undefined, action: string): number {
  const timeout = timeoutOf(options, action);
  options?.signal?.throwIfAborted();
  return timeout;
}
