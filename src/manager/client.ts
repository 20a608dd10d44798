/**
 * Layer 12, manager. One client of a server: a process that is connected. Owns its references, its
 * calls that wait, and what it holds; all of it goes when the connection ends.
 *
 * @module
 */

import { ProcessError, ProtocolError } from "../errors.ts";
import { Lane } from "../lane/lane.ts";
import { Unreadable } from "../pool/items.ts";
import { Decoder } from "../wire/decode.ts";
import { Incoming } from "../wire/incoming.ts";
import { later } from "../runtime/later.ts";
import type { Channel } from "../runtime/mod.ts";
import { Answers } from "./answers.ts";
import { Call, GIVEN_UP } from "./call.ts";
import type { Holder, Holding } from "./call.ts";
import { ASK, END, readArguments } from "./messages.ts";
import type { Entry, Objects } from "./objects.ts";
import type { Hello } from "./link.ts";
import type { ServerKind } from "./server_kinds.ts";

/** After so many messages a client is worth a lane. */
const OFFER_AFTER = 16;
/** How long a client has to read what it was answered when its server ends. */
const LEAVE_MS = 1000;

/** What a client needs of its server. */
export interface Host {
  readonly objects: Objects;
  /** Makes what a type stands for: an object, or what travels by itself. */
  make(type: string, args: unknown[]): unknown;
  /** The kind of what was made; `null` if it travels by itself. */
  kindOf(type: string, made: unknown): ServerKind | null;
  /** Gives up all objects. */
  end(): Promise<void>;
  /** Ends every connection. */
  leave(): Promise<void>;
  /** A client's connection has ended. */
  left(client: Client): void;
}

/** A client. */
export class Client implements Holder {
  readonly held: Set<Holding> = new Set();
  readonly #host: Host;
  readonly #lane: Lane;
  readonly #channel: Channel;
  readonly #owner: boolean;
  readonly #answers: Answers;
  readonly #references = new Map<number, { entry: Entry; count: number }>();
  readonly #calls = new Map<number, Call>();
  /** Messages of its own that may be read more than once, and what they refer to. */
  readonly #posts = new Map<string, Entry>();
  #messages = 0;
  #lanes: boolean;
  #open = true;

  /**
   * @param owner Whether it may end the server.
   * @param lanes Whether memory can be shared with it.
   */
  constructor(host: Host, channel: Channel, hello: Hello, owner: boolean, lanes: boolean) {
    this.#host = host;
    this.#channel = channel;
    this.#owner = owner;
    this.#lanes = lanes;
    const fail = (error: unknown) => this.#fail(error);
    const incoming = new Incoming((bytes) => this.#read(new Decoder(bytes)), fail);
    const lane = this.#lane = new Lane(channel, (bytes) => {
      if (++this.#messages === OFFER_AFTER && this.#lanes) lane.offer(false);
      incoming.take(bytes);
    }, fail);
    this.#answers = new Answers(lane);
    this.#answers.greet(hello);
    channel.open((bytes, attachments) => lane.receive(bytes, attachments), () => {
      lane.drain();
      void incoming.settled().then(() => this.#gone());
    });
  }

  /** Ends the connection when everything has left, or if nothing leaves because nobody reads it. */
  async close(): Promise<void> {
    this.#answers.flush();
    let forget = () => {};
    const late = new Promise<void>((resolve) => forget = later(LEAVE_MS, resolve));
    await Promise.race([this.#lane.flush(), late]);
    forget();
    this.#channel.close();
    this.#gone();
  }

  /** Who cannot be understood is no client of ours. */
  #fail(error: unknown): void {
    if (!(error instanceof ProtocolError)) throw error;
    this.#channel.close();
    this.#gone();
  }

  #read(decoder: Decoder): void {
    if (!this.#open) return;
    this.#answers.together(() => {
      for (let code = decoder.u8(); code !== END; code = decoder.u8()) this.#request(code, decoder);
    });
  }

  #request(code: number, decoder: Decoder): void {
    const { objects } = this.#host;
    switch (code) {
      case ASK.CALL: {
        const id = decoder.varint();
        const reference = this.#references.get(decoder.varint());
        const method = decoder.varint();
        return this.#call(id, reference?.entry, method, readArguments(decoder));
      }
      case ASK.MAKE: {
        const id = decoder.varint();
        const type = decoder.string();
        return this.#make(id, type, readArguments(decoder));
      }
      case ASK.CANCEL:
        return this.#calls.get(decoder.varint())?.cancel(false);
      case ASK.KEEP: {
        const entry = objects.get(decoder.varint());
        if (entry === undefined) return;
        objects.keep(entry);
        return this.#refer(entry);
      }
      case ASK.DROP: {
        const id = decoder.varint();
        const reference = this.#references.get(id);
        if (reference === undefined) return;
        if (--reference.count === 0) this.#references.delete(id);
        return objects.drop(reference.entry);
      }
      case ASK.POST: {
        const reference = this.#references.get(decoder.varint());
        const token = decoder.string();
        const once = decoder.u8() === 1;
        if (reference === undefined) return;
        objects.post(token, reference.entry);
        if (!once) this.#posts.set(token, reference.entry);
        return;
      }
      case ASK.TAKE: {
        const id = decoder.varint();
        const entry = objects.take(decoder.string(), id);
        if (entry !== undefined) this.#refer(entry);
        return;
      }
      case ASK.LAND: {
        const token = decoder.string();
        this.#posts.delete(token);
        return objects.land(token);
      }
      case ASK.SHUTDOWN: {
        const id = decoder.varint();
        if (!this.#owner) {
          return this.#answers.failure(
            id,
            new ProcessError(
              "Cannot shut down this manager: only the program that has started it can",
            ),
          );
        }
        void this.#host.end().then(() => {
          this.#answers.result(id, undefined);
          return this.#host.leave();
        });
        return;
      }
      default:
        throw new ProtocolError(`Cannot read a request of kind ${code}`);
    }
  }

  #call(id: number, entry: Entry | undefined, method: number, args: unknown[] | Unreadable): void {
    if (args instanceof Unreadable) return this.#answers.failure(id, args.error);
    const run = entry?.kind.run[method];
    if (run === undefined) return this.#answers.failure(id, noMethod(entry, method));
    let call: Call | null = null;
    let result: unknown;
    try {
      if (entry!.kind.waits) args.unshift(call = new Call(this));
      result = run.apply(entry!.referent, args);
    } catch (error) {
      return this.#answers.failure(id, error);
    }
    if (!isThenable(result)) return this.#answers.result(id, result);
    if (call !== null) this.#calls.set(id, call);
    result.then(
      (value) => {
        this.#calls.delete(id);
        this.#answers.result(id, value);
      },
      (error) => {
        this.#calls.delete(id);
        if (error === GIVEN_UP) this.#answers.cancelled(id);
        else this.#answers.failure(id, error);
      },
    );
  }

  #make(id: number, type: string, args: unknown[] | Unreadable): void {
    if (args instanceof Unreadable) return this.#answers.failure(id, args.error);
    const done = (made: unknown) => {
      try {
        const kind = this.#host.kindOf(type, made);
        if (kind === null) return this.#answers.result(id, made);
        const { objects } = this.#host;
        const entry = objects.add(made as object, kind);
        objects.keep(entry);
        if (!this.#open) return objects.drop(entry); // its client has left: nobody else knows of it
        this.#refer(entry);
        this.#answers.object(id, entry);
      } catch (error) {
        this.#answers.failure(id, error);
      }
    };
    try {
      const made = this.#host.make(type, args);
      if (made instanceof Promise) made.then(done, (error) => this.#answers.failure(id, error));
      else done(made);
    } catch (error) {
      this.#answers.failure(id, error);
    }
  }

  #refer(entry: Entry): void {
    const known = this.#references.get(entry.id);
    if (known !== undefined) known.count++;
    else this.#references.set(entry.id, { entry, count: 1 });
  }

  #gone(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#answers.close();
    this.#lane.close();
    for (const call of [...this.#calls.values()]) call.cancel(true);
    for (const holding of [...this.held]) holding.abandoned(this);
    const { objects } = this.#host;
    for (const token of this.#posts.keys()) objects.land(token);
    for (const { entry, count } of this.#references.values()) {
      for (let left = count; left > 0; left--) objects.drop(entry);
    }
    this.#references.clear();
    this.#host.left(this);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null &&
    typeof (value as PromiseLike<unknown>).then === "function";
}

function noMethod(entry: Entry | undefined, method: number): Error {
  return entry === undefined
    ? new ProcessError(
      "Cannot call a method of this object: it is gone, as nobody had a reference to it; keep a " +
        "proxy as long as the object is to live",
    )
    : new ProcessError(`Cannot call method ${method} of a ${entry.kind.name}: there is none`);
}
