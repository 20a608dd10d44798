/**
 * Layer 6, broker. The client's side, in the helper thread: hands requests to the brokers of other
 * processes and their answers to the isolate. One connection for each broker.
 *
 * @module
 */

import { connectToBroker } from "../runtime/broker_socket.ts";
import type { Channel } from "../runtime/mod.ts";
import { Decoder } from "../wire/decode.ts";
import { Encoder } from "../wire/encode.ts";
import type { Answer, Request } from "./messages.ts";

/** A broker of another process. */
class Connection {
  readonly #tell: (answer: Answer) => void;
  readonly #channel: Promise<Channel | null>;
  /** Requests without an answer, and whether they may wait. */
  readonly #pending = new Map<number, boolean>();
  #open: Channel | null = null;
  #gone = false;

  constructor(address: string, tell: (answer: Answer) => void) {
    this.#tell = tell;
    this.#channel = connectToBroker(address).then((channel) => {
      channel.open((bytes) => this.#hear(bytes), () => this.#lost());
      return this.#open = channel;
    }, () => {
      this.#lost();
      return null;
    });
  }

  async ask(request: Request): Promise<void> {
    if (request[0] !== "cancel") {
      this.#pending.set(request[1], request[0] === "call" && request[2] === "wait");
    }
    if (this.#gone) return this.#lost();
    if (this.#open === null) await this.#channel;
    try {
      this.#send(request);
    } catch (error) {
      this.#pending.delete(request[1]);
      this.#tell(["error", request[1], (error as Error).message]);
    }
  }

  #send(request: Request): void {
    const encoder = new Encoder("process");
    encoder.value(request, "request");
    this.#open?.send(encoder.take());
  }

  #hear(bytes: Uint8Array): void {
    const answer = new Decoder(bytes).value() as Answer;
    if (this.#pending.get(answer[1])) this.#send(["heard", answer[1]]);
    this.#pending.delete(answer[1]);
    this.#tell(answer);
  }

  #lost(): void {
    this.#gone = true;
    for (const id of this.#pending.keys()) {
      this.#tell(["error", id, "the process that made it has ended, and the object with it"]);
    }
    this.#pending.clear();
  }
}

const connections = new Map<string, Connection>();

/** Hands a request to the broker at an address. */
export function ask(address: string, request: Request, tell: (answer: Answer) => void): void {
  let connection = connections.get(address);
  if (connection === undefined) {
    connection = new Connection(address, tell);
    connections.set(address, connection);
  }
  void connection.ask(request);
}
