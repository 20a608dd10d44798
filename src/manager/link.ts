/**
 * Layer 12, manager. The way from this process to one server: one connection for all its objects.
 * Owns the calls without an answer.
 *
 * What is asked before there is a connection waits. When the server is lost, every call rejects.
 *
 * @module
 */

import { BrokenPipeError, ProtocolError } from "../errors.ts";
import { Lane } from "../lane/lane.ts";
import { readEntry, readSized, Unreadable } from "../pool/items.ts";
import { runtime } from "../runtime/mod.ts";
import type { Channel } from "../runtime/mod.ts";
import type { Address } from "../remote/address.ts";
import { Decoder } from "../wire/decode.ts";
import type { Encoder } from "../wire/encode.ts";
import { Incoming } from "../wire/incoming.ts";
import { remoteError } from "../wire/remote_error.ts";
import { FIRST_OWN, makeKind } from "./kinds.ts";
import { KINDS_BY_NUMBER } from "./kinds.ts";
import type { Kind } from "./kinds.ts";
import { ASK, END, MANAGER_VERSION, SAY, writeArguments } from "./messages.ts";
import { makeProxy } from "./proxy.ts";
import type { Wire } from "./proxy.ts";
import { Requests } from "./requests.ts";

/** Who a server is. */
export interface Hello {
  /** Its identity: no two servers have the same. */
  readonly uid: string;
  /** Its name. */
  readonly name: string;
  /** Id of its process. */
  readonly pid: number;
  /** Where it listens. */
  readonly address: Address;
}

/** A call without an answer. */
interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly what: string;
  readonly of: string;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: (() => void) | undefined;
}

/** So many tokens were given out by this isolate. */
let tokens = 0;
let isolate: string | null = null;

/** A connection to a server. */
export class Link implements Wire {
  /** The server; `null` until it has said so. */
  hello: Hello | null = null;
  /** How this process reaches it, which may be another address than the server's own. */
  address: Address | null = null;
  /** The key, sealed for this family; `null` for the key of the family itself. */
  sealed: Uint8Array | null = null;
  /** Called once, when there is no connection any more. */
  onEnd: () => void = () => {};
  readonly #ready: PromiseWithResolvers<Hello> = Promise.withResolvers();
  #channel: Channel | null = null;
  #lane: Lane | null = null;
  #pending = new Map<number, Pending>();
  readonly #requests = new Requests(() => this.#pending.size);
  #alive: (() => void) | null = null;
  #lost: { error: unknown } | null = null;
  #kinds = new Map<number, Kind>();

  constructor() {
    this.#ready.promise.catch(() => {});
  }

  /** Resolves when the server has said who it is. */
  get ready(): Promise<Hello> {
    return this.#ready.promise;
  }

  /** Why there is no connection any more; `null` as long as there is, or will be. */
  get lost(): { error: unknown } | null {
    return this.#lost;
  }

  /** Gives it its connection. What was asked before goes out now. */
  attach(channel: Channel): void {
    if (this.#lost !== null) return channel.close();
    this.#channel = channel;
    const fail = (error: unknown) => this.#fail(error);
    const incoming = new Incoming((bytes) => this.#read(new Decoder(bytes)), fail);
    const lane = this.#lane = new Lane(channel, (bytes) => incoming.take(bytes), fail);
    channel.open((bytes, attachments) => lane.receive(bytes, attachments), () => {
      lane.drain(); // what it wrote before it died is there
      void incoming.settled().then(() => this.end(null));
    });
    this.#requests.attach(lane);
  }

  /** Ends the connection; every call that has no answer rejects. `null`: the server has ended it. */
  end(error: unknown): void {
    if (this.#lost !== null) return;
    this.#lost = { error };
    this.#lane?.close();
    this.#channel?.close();
    this.#requests.close();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const call of pending) {
      forgetSignal(call);
      call.reject(this.#loss(call.what, call.of));
    }
    this.#ready.reject(error ?? this.#loss("reach", "server"));
    this.#idle();
    this.onEnd();
  }

  call(
    kind: Kind,
    method: number,
    object: number,
    args: readonly unknown[],
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    return this.#ask(`call ${kind.methods[method]} of`, kind.name, signal, (encoder, id) => {
      encoder.u8(ASK.CALL);
      encoder.varint(id);
      encoder.varint(object);
      encoder.varint(method);
      writeArguments(encoder, args);
    });
  }

  /** Has the server make an object; resolves to its proxy, or to what travels by itself. */
  make(type: string, args: readonly unknown[]): Promise<unknown> {
    return this.#ask("make", type, undefined, (encoder, id) => {
      encoder.u8(ASK.MAKE);
      encoder.varint(id);
      encoder.string(type);
      writeArguments(encoder, args);
    });
  }

  /** Asks the server to end; resolves when it has given up all that it had. */
  async shutdown(): Promise<void> {
    await this.#ask("shut down", "server", undefined, (encoder, id) => {
      encoder.u8(ASK.SHUTDOWN);
      encoder.varint(id);
    });
  }

  drop(object: number): void {
    this.#requests.drop(object);
  }

  /** Takes one more reference: for a proxy that was read from a message. */
  keep(object: number): void {
    this.#requests.writeNow((encoder) => {
      encoder.u8(ASK.KEEP);
      encoder.varint(object);
    });
  }

  /** Takes over the reference of a message that was read: it cannot be read again. */
  take(object: number, token: string): void {
    this.#requests.writeNow((encoder) => {
      encoder.u8(ASK.TAKE);
      encoder.varint(object);
      encoder.string(token);
    });
  }

  /** Makes a reference for a message. It is on its way to the server before the message leaves. */
  post(object: number, once: boolean): string {
    const token = `${isolate ??= crypto.randomUUID()}.${++tokens}`;
    this.#requests.writeNow((encoder) => {
      encoder.u8(ASK.POST);
      encoder.varint(object);
      encoder.string(token);
      encoder.u8(once ? 1 : 0);
    });
    return token;
  }

  /** The message was read, or will never be. */
  land(token: string): void {
    this.#requests.writeNow((encoder) => {
      encoder.u8(ASK.LAND);
      encoder.string(token);
    });
  }

  /** The error of what cannot be done because there is no connection. */
  #loss(what: string, of: string): unknown {
    const { error } = this.#lost!;
    if (error !== null && this.hello === null) return error;
    const cause = error === null ? undefined : { cause: error };
    const why = error === null ? "has ended" : (error as Error).message;
    return new BrokenPipeError(
      `Cannot ${what} ${of}: the manager's server${this.#where()} ${why}`,
      cause,
    );
  }

  #where(): string {
    return this.hello === null ? "" : ` ${this.hello.name} (pid ${this.hello.pid})`;
  }

  #ask(
    what: string,
    of: string,
    signal: AbortSignal | undefined,
    write: (encoder: Encoder, id: number) => void,
  ): Promise<unknown> {
    if (this.#lost !== null) return Promise.reject(this.#loss(what, of));
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = this.#requests.nextId();
    try {
      this.#requests.write((encoder) => write(encoder, id));
    } catch (error) {
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      this.#alive ??= runtime.keepAlive();
      const onAbort = signal && (() => this.#cancel(id));
      signal?.addEventListener("abort", onAbort!, { once: true });
      this.#pending.set(id, { resolve, reject, what, of, signal, onAbort });
    });
  }

  #cancel(id: number): void {
    if (!this.#pending.has(id)) return;
    this.#requests.write((encoder) => {
      encoder.u8(ASK.CANCEL);
      encoder.varint(id);
    });
  }

  #fail(error: unknown): void {
    if (!(error instanceof ProtocolError)) throw error;
    this.end(new ProtocolError(`cannot be understood: ${error.message}`, { cause: error }));
  }

  #read(decoder: Decoder): void {
    for (let code = decoder.u8(); code !== END; code = decoder.u8()) {
      if (code === SAY.HELLO) {
        this.#greet(decoder);
        continue;
      }
      if (code === SAY.FAILED) {
        const error = readSized(decoder);
        this.end(error instanceof Unreadable ? error.error : error);
        return;
      }
      const id = decoder.varint();
      const call = this.#pending.get(id);
      this.#pending.delete(id);
      if (call?.signal !== undefined) forgetSignal(call);
      switch (code) {
        case SAY.RESULT: {
          const value = readEntry(decoder, decoder.u8());
          if (value instanceof Unreadable) call?.reject(value.error);
          else call?.resolve(value);
          break;
        }
        case SAY.FAILURE: {
          const error = readSized(decoder);
          call?.reject(
            error instanceof Unreadable ? error.error : remoteError(error, this.#where().trim()),
          );
          break;
        }
        case SAY.OBJECT: {
          const object = decoder.varint();
          const kind = this.#readKind(decoder);
          const proxy = makeProxy(this, object, kind, kind.number >= FIRST_OWN);
          if (call === undefined) proxy[Symbol.dispose]();
          else call.resolve(proxy);
          break;
        }
        case SAY.CANCELLED:
          call?.reject(call.signal?.reason);
          break;
        default:
          throw new ProtocolError(`Cannot read an answer of kind ${code}`);
      }
      this.#requests.answered(id);
    }
    if (this.#pending.size === 0) this.#idle();
  }

  #readKind(decoder: Decoder): Kind {
    const number = decoder.varint();
    if (number < FIRST_OWN) {
      const kind = KINDS_BY_NUMBER[number];
      if (kind === undefined) throw new ProtocolError(`Cannot read an object of kind ${number}`);
      return kind;
    }
    if (decoder.u8() === 1) {
      const name = decoder.string();
      const methods: string[] = [];
      for (let left = decoder.varint(); left > 0; left--) methods.push(decoder.string());
      this.learn(makeKind(number, name, methods));
    }
    const kind = this.#kinds.get(number);
    if (kind === undefined) throw new ProtocolError(`Cannot read an object of kind ${number}`);
    return kind;
  }

  /** Takes note of a kind of registered objects; answers the one to use. */
  learn(kind: Kind): Kind {
    const known = this.#kinds.get(kind.number);
    if (known !== undefined) return known;
    this.#kinds.set(kind.number, kind);
    return kind;
  }

  #greet(decoder: Decoder): void {
    const version = decoder.varint();
    if (version !== MANAGER_VERSION) {
      throw new ProtocolError(
        `it speaks version ${version} of the managers' protocol and this program version ` +
          `${MANAGER_VERSION}; both must load the same release of the library`,
      );
    }
    const uid = decoder.string();
    const name = decoder.string();
    const pid = decoder.varint();
    const address = decoder.value() as Address;
    this.hello = { uid, name, pid, address };
    this.address ??= address;
    this.#ready.resolve(this.hello);
  }

  #idle(): void {
    this.#alive?.();
    this.#alive = null;
  }
}

function forgetSignal({ signal, onAbort }: Pending): void {
  if (signal !== undefined) signal.removeEventListener("abort", onAbort!);
}
