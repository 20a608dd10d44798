/**
 * Layer 6, broker. The client's side, in the helper thread: hands requests to the brokers of other
 * processes and their answers to the isolate. One connection for each broker.
 *
 * A wait with a deadline, or one that was cancelled, also ends here, if the broker does not say so in
 * time: its process may be stopped. Every request gets one answer, and what the broker grants
 * afterwards is refused, so that it takes it back.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { EXPIRED } from "../park/operation.ts";
import { connectToBroker } from "../runtime/broker_socket.ts";
import type { Channel } from "../runtime/mod.ts";
import { Decoder } from "../wire/decode.ts";
import { Encoder } from "../wire/encode.ts";
import { failureBytes, unusable } from "./failure.ts";
import type { Answer, Request } from "./messages.ts";

/** How long the answer may be on its way when the time of a wait is up. */
const GRACE_MS = 2000;
const MAX_TIMER_MS = 0x7fff_ffff;
const GONE = "the process that made it has ended, and the object with it";

/** A request without an answer. */
interface Pending {
  /** Whether it may wait: its answer is confirmed, or refused. */
  readonly waits: boolean;
  /** Whether the broker has got it. */
  sent: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** A broker of another process. */
class Connection {
  readonly #tell: (answer: Answer) => void;
  readonly #channel: Promise<void>;
  readonly #pending = new Map<number, Pending>();
  #open: Channel | null = null;
  #lost: string | null = null;

  constructor(address: string, tell: (answer: Answer) => void) {
    this.#tell = tell;
    this.#channel = connectToBroker(address).then((channel) => {
      this.#open = channel;
      channel.open((bytes) => this.#hear(bytes), () => this.#end(GONE));
    }).catch((error) => this.#end(error instanceof ProcessError ? error.message : GONE));
  }

  async ask(request: Request): Promise<void> {
    const id = request[1];
    if (request[0] === "cancel") this.#limit(id, 0, ["cancelled", id]);
    else this.#add(request);
    if (this.#lost !== null) return this.#end(this.#lost);
    if (this.#open === null) await this.#channel;
    const pending = this.#pending.get(id);
    if (pending === undefined) return; // it has been answered
    try {
      this.#send(request);
      pending.sent = true;
    } catch (error) {
      this.#answer(["error", id, failureBytes(error)]);
    }
  }

  #add(request: Request): void {
    const waits = request[0] === "call" && request[2] === "wait";
    this.#pending.set(request[1], { waits, sent: false, timer: undefined });
    const timeout = waits ? request[8] : Infinity;
    if (timeout !== Infinity) this.#limit(request[1], timeout, ["result", request[1], EXPIRED]);
  }

  /** Answers a request itself, if the broker has not done so after some time and {@link GRACE_MS}. */
  #limit(id: number, timeout: number, answer: Answer): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    const end = performance.now() + Math.max(timeout, 0) + GRACE_MS;
    const arm = () => {
      const left = end - performance.now();
      if (left > 0) return void (pending.timer = setTimeout(arm, Math.min(left, MAX_TIMER_MS)));
      this.#answer(answer);
      if (pending.sent) this.#send(["refuse", id]);
    };
    clearTimeout(pending.timer);
    arm();
  }

  #answer(answer: Answer): void {
    clearTimeout(this.#pending.get(answer[1])?.timer);
    if (this.#pending.delete(answer[1])) this.#tell(answer);
  }

  #send(request: Request): void {
    const encoder = new Encoder("process");
    encoder.value(request, "request");
    this.#open?.send(encoder.take());
  }

  #hear(bytes: Uint8Array): void {
    try {
      const answer = new Decoder(bytes).value() as Answer;
      if (this.#pending.get(answer[1])?.waits) this.#send(["heard", answer[1]]);
      this.#answer(answer);
    } catch (error) {
      this.#end(`its broker's answer cannot be read: ${(error as Error).message}`);
      this.#open?.close();
    }
  }

  #end(why: string): void {
    this.#lost ??= why;
    for (const id of [...this.#pending.keys()]) {
      this.#answer(["error", id, failureBytes(unusable(this.#lost))]);
    }
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
