/**
 * Layer 12, manager. A server: its objects and its clients, the program's own among them. Owns what it
 * can make, and where it listens.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { listenFor } from "../remote/server.ts";
import type { RemoteServer } from "../remote/server.ts";
import type { Address } from "../remote/address.ts";
import { runtime } from "../runtime/mod.ts";
import type { Channel } from "../runtime/mod.ts";
import { registrationOf } from "../wire/classes.ts";
import { Client } from "./client.ts";
import type { Host } from "./client.ts";
import { FIRST_OWN } from "./kinds.ts";
import { Link } from "./link.ts";
import type { Hello } from "./link.ts";
import { shareLink } from "./links.ts";
import { loopback } from "./loopback.ts";
import { MemoryMaker } from "./memory_maker.ts";
import { Objects } from "./objects.ts";
import { openParts, RemoteProxy } from "./proxy.ts";
import { isClass } from "./registry.ts";
import type { Registered } from "./registry.ts";
import { sealKey } from "./sealed_key.ts";
import { methodsOf, ownKind, SERVER_KINDS } from "./server_kinds.ts";
import type { ServerKind } from "./server_kinds.ts";

/** What a server is to be. */
export interface HostOptions {
  readonly name: string;
  /** What was registered with its class. */
  readonly types: ReadonlyMap<string, Registered>;
  /** What it makes besides: the objects of a `Manager`, or shared memory. */
  readonly makes: "objects" | "memory" | "registered";
}

/** A server. */
export class ServerHost implements Host {
  readonly objects: Objects = new Objects();
  readonly uid: string = crypto.randomUUID();
  /** The way of this process itself to its server. */
  readonly local: Link = new Link();
  readonly #options: HostOptions;
  readonly #clients = new Set<Client>();
  readonly #memory = new MemoryMaker();
  /** The kinds of what registered names make, by name and methods: clients remember each one. */
  readonly #kinds = new Map<string, ServerKind>();
  readonly #over: PromiseWithResolvers<void> = Promise.withResolvers();
  #lastKind = FIRST_OWN;
  #listener: RemoteServer | null = null;
  #open = true;

  constructor(options: HostOptions) {
    this.#options = options;
    shareLink(this.uid, this.local);
  }

  /** Resolves when it has ended. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Whether it has not ended. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** How many clients there are besides this process. */
  get clients(): number {
    return this.#clients.size - 1;
  }

  /**
   * Listens.
   *
   * @param key The key that clients must have.
   * @param ownKey Whether it is another one than the family's.
   * @throws {ProcessError} If it cannot listen there.
   */
  async listen(
    address: Address | undefined,
    key: Uint8Array<ArrayBuffer>,
    ownKey: boolean,
  ): Promise<Address> {
    const sealed = ownKey ? await sealKey(key) : null;
    const listener = this.#listener = await listenFor(
      address,
      key,
      (channel) => this.admit(channel, false, isNear(listener.address)),
    );
    if (!this.#open) {
      listener.close();
      throw new ProcessError("Cannot listen: the server was stopped meanwhile");
    }
    const [own, other] = loopback();
    this.local.sealed = sealed;
    this.local.attach(own);
    this.admit(other, true, false);
    return listener.address;
  }

  /** Takes a client in. */
  admit(channel: Channel, owner: boolean, near: boolean): void {
    if (!this.#open) return channel.close();
    const hello: Hello = {
      uid: this.uid,
      name: this.#options.name,
      pid: runtime.pid(),
      address: this.#listener!.address,
    };
    this.#clients.add(new Client(this, channel, hello, owner, near));
  }

  left(client: Client): void {
    this.#clients.delete(client);
  }

  make(type: string, args: unknown[]): unknown {
    const registered = this.#options.types.get(type);
    if (registered !== undefined && registered.source !== null) {
      const { source } = registered;
      return isClass(source) ? new source(...args) : source(...args);
    }
    if (this.#options.makes === "memory" && this.#memory.knows(type)) {
      return this.#memory.make(type, args);
    }
    const kind = this.#options.makes === "objects" ? SERVER_KINDS.get(type) : undefined;
    if (kind === undefined) {
      throw new TypeError(
        `Cannot make "${type}": the manager's server does not know it; it has ${
          [...this.#options.types.keys()].join(", ") || "nothing registered"
        }. Register it before the server starts`,
      );
    }
    return kind.make(...args.map((arg) => this.#referentOf(arg)));
  }

  kindOf(type: string, made: unknown): ServerKind | null {
    const registered = this.#options.types.get(type);
    if (!registered?.source) return SERVER_KINDS.get(type) ?? null;
    if (typeof made !== "object" || made === null) return null;
    const proto = Object.getPrototypeOf(made) as object | null;
    // A proxy, and what else travels as itself.
    if (proto !== null && registrationOf(proto)?.kind === "internal") return null;
    const methods = methodsOf(made, registered.exposed);
    const key = JSON.stringify([type, ...methods]);
    let kind = this.#kinds.get(key);
    if (kind === undefined) this.#kinds.set(key, kind = ownKind(this.#lastKind++, type, methods));
    return kind;
  }

  /** Gives up all objects, and takes nobody in any more. Connections end with {@link leave}. */
  async end(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    this.#listener?.close();
    await this.objects.clear();
    this.#memory.unlink();
  }

  /** Ends every connection, when what was said has left. */
  async leave(): Promise<void> {
    await Promise.all([...this.#clients].map((client) => client.close()));
    this.local.end(null);
    this.#over.resolve();
  }

  /** The object itself that a proxy stands for, if it is one of this server's. */
  #referentOf(value: unknown): unknown {
    if (!(value instanceof RemoteProxy)) return value;
    const { link, object } = openParts(value, "use the proxy of a");
    return link === this.local ? this.objects.get(object)?.referent ?? value : value;
  }
}

/** Whether clients there can share memory with this process. */
function isNear(address: Address): boolean {
  return typeof address === "string" || address.hostname === "127.0.0.1" ||
    address.hostname === "::1" || address.hostname === "localhost";
}
