/**
 * Layer 6, broker. The owner's side, in the helper thread: carries out operations on its isolate's
 * objects for isolates that cannot reach them. Each client acts as an agent of its own, so that
 * what it holds when it dies is found as for any other agent; the helper waits in its place.
 *
 * A client can name any operation of the library on any object that was offered. Its bytes are
 * read only after it has said the secret.
 *
 * @module
 */

import type { Block } from "../memory/arena.ts";
import { LIFE } from "../memory/layout.ts";
import type { Agent } from "../park/agent.ts";
import { memberOf } from "../park/members.ts";
import type { Member } from "../park/members.ts";
import { operationNamed } from "../park/operations.ts";
import type { WaitOperation } from "../park/operation.ts";
import type { NowOperation } from "../park/operation.ts";
import type { Channel } from "../runtime/mod.ts";
import { listenForClients } from "../runtime/broker_socket.ts";
import { Decoder } from "../wire/decode.ts";
import { Encoder } from "../wire/encode.ts";
import { failureBytes, unusable } from "./failure.ts";
import { objectKey } from "./messages.ts";
import type { Answer, Request } from "./messages.ts";
import { concernsOthers, refuse, undo } from "./take_back.ts";
import type { Grant } from "./take_back.ts";

type StandIn = ReturnType<Member["self"]["standIn"]>;

const offered = new Map<number, Member>();
const blocks = new Map<string, Block>();

/** Serves an object; arrays in a `SharedArrayBuffer` come with their buffers. */
export function offer(
  key: number,
  root: SharedArrayBuffer,
  slab: number,
  at: number,
  buffers: readonly SharedArrayBuffer[],
): void {
  const member = memberOf({ key, pid: 0, file: -1, root });
  offered.set(key, member);
  const name = objectKey({ key, slab, at });
  // It stays: nobody says when the last client has forgotten it.
  if (!blocks.has(name)) blocks.set(name, member.arena.attachBlock({ slab, at, buffers }));
}

/** Serves the objects of a mapped arena. */
export function offerMapped(key: number, pid: number, file: number): void {
  if (!offered.has(key)) offered.set(key, memberOf({ key, pid, file, root: null }));
}

/** Listens for clients; resolves to the address. */
export function listen(port: number): Promise<string> {
  return listenForClients((channel) => void new Client(channel), port);
}

/** An isolate that cannot reach the memory. */
class Client {
  readonly #channel: Channel;
  readonly #agents = new Map<Member, StandIn>();
  readonly #waits = new Map<number, { operation: WaitOperation<unknown>; abort(): void }>();
  /** Waits that were granted, while the client has not heard of it. */
  readonly #unheard = new Map<number, Grant>();
  /** Waits under way that the client has given up. */
  readonly #refusals = new Set<number>();
  #open = true;
  #life: typeof LIFE.LEFT | typeof LIFE.DEAD = LIFE.DEAD;

  constructor(channel: Channel) {
    this.#channel = channel;
    channel.open((bytes) => this.#hear(bytes), () => this.#gone());
  }

  #hear(bytes: Uint8Array): void {
    let request: Request;
    try {
      request = new Decoder(bytes).value() as Request;
      if (request[0] === "call") return this.#call(request);
    } catch (error) {
      // Whoever knows the secret speaks this protocol; anything else is no client of ours.
      if (request! === undefined) return this.#channel.close();
      return this.#answer(["error", request[1], failureBytes(error)]);
    }
    switch (request[0]) {
      case "cancel":
        return this.#waits.get(request[1])?.abort();
      case "heard":
        return void this.#unheard.delete(request[1]);
      case "refuse":
        return this.#refused(request[1]);
      case "bye":
        this.#life = LIFE.LEFT;
        return this.#answer(["result", request[1], 0]);
    }
  }

  #call([, id, kind, name, key, slab, at, argument, timeout]: Request & { 0: "call" }): void {
    const member = offered.get(key);
    const operation = operationNamed(name);
    if (member === undefined || operation === undefined) {
      throw unusable(`its broker has no object of arena ${key}, or no operation ${name}`);
    }
    const block = this.#block(member, key, slab, at);
    const agent = this.#agent(member);
    if (kind === "now") {
      const result = (operation as NowOperation<unknown, unknown>)(
        block.words,
        block.at,
        agent,
        argument,
        block,
      );
      return this.#answer(["result", id, result]);
    }
    const cancelled = new AbortController();
    const { signal } = cancelled;
    const wait = operation as WaitOperation<unknown>;
    this.#waits.set(id, { operation: wait, abort: () => cancelled.abort() });
    const { crossing } = wait;
    const own = crossing === undefined ? argument : crossing.unpack(argument);
    member.lines.wait(wait, block, agent, own, timeout, signal).then(
      (result) => {
        const grant = { operation: wait, block, agent, member, argument: own, result };
        this.#waits.delete(id);
        if (!this.#open) return undo(grant);
        if (this.#refusals.delete(id)) return refuse(grant);
        this.#unheard.set(id, grant);
        this.#answer(["result", id, crossing?.answer(result, own) ?? result]);
      },
      (error) => {
        this.#waits.delete(id);
        if (this.#refusals.delete(id)) return;
        this.#answer(signal.aborted ? ["cancelled", id] : ["error", id, failureBytes(error)]);
      },
    );
  }

  /** The client has given a wait up by itself; the answer may be on its way. */
  #refused(id: number): void {
    const grant = this.#unheard.get(id);
    this.#unheard.delete(id);
    if (grant !== undefined) refuse(grant);
    const wait = this.#waits.get(id);
    if (wait === undefined) return;
    this.#refusals.add(id);
    wait.abort();
  }

  #block(member: Member, key: number, slab: number, at: number): Block {
    const name = objectKey({ key, slab, at });
    let block = blocks.get(name);
    if (block === undefined) {
      if (member.arena.place !== "mapped") throw unusable(`its broker has no object ${name}`);
      block = member.arena.attachBlock({ slab, at, buffers: [] });
      blocks.set(name, block);
    }
    return block;
  }

  #agent(member: Member): Agent {
    let agent = this.#agents.get(member);
    if (agent === undefined) this.#agents.set(member, agent = member.self.standIn());
    return agent;
  }

  #answer(answer: Answer): void {
    const encoder = new Encoder("process");
    encoder.value(answer, "answer");
    this.#channel.send(encoder.take());
  }

  #gone(): void {
    this.#open = false;
    const waits = [...this.#waits.values()];
    for (const wait of waits) if (!concernsOthers(wait.operation)) wait.abort();
    for (const grant of this.#unheard.values()) undo(grant);
    for (const agent of this.#agents.values()) agent.end(this.#life);
    for (const wait of waits) wait.abort();
  }
}
