/**
 * Layer 9, process. One spare: a child that was started before anybody knew what for. Owns its way
 * from the start to READY, and how it becomes the child that somebody wants.
 *
 * ```text
 * Failure     A spare may be killed while its successor's record is on the way to it, and its parent
 *             cannot know yet. Until it has said BEGUN, nothing of the record has run: if it ends
 *             before that, a new child is started with the same record, and is told again whatever
 *             was said. Only processes: what was posted to a thread has moved away. A thread cannot
 *             be killed from outside, either; if it ends itself just then, its exit code says so.
 * ```
 *
 * @module
 */

import { isolateEnded } from "../park/members.ts";
import { later } from "../runtime/later.ts";
import type { Surroundings } from "../runtime/surroundings.ts";
import { runtime } from "../runtime/mod.ts";
import type { Channel, Child, Message } from "../runtime/mod.ts";
import type { StopSignal } from "../runtime/types.ts";
import { BEGUN, FAILED, LEAVE, readFailure, READY, word } from "./spare_words.ts";
import { startChild } from "./start_child.ts";
import type { ChildOptions } from "./start_child.ts";
import type { StartRecord } from "./start_record.ts";

/** How long a spare that is not wanted any more may take to end by itself. */
const LEAVE_MS = 1000;

type Receive = (bytes: Uint8Array, attachments: readonly unknown[]) => void;

/** What is told about a spare that nobody has taken. */
export interface SpareEvents {
  /** It can be taken. */
  ready(spare: Spare): void;
  /** It could not import the modules. */
  failed(spare: Spare, error: unknown): void;
  /** It has ended, and nobody had sent it away. */
  lost(spare: Spare, code: number, wasReady: boolean): void;
}

/** A child that waits for its work. */
export class Spare {
  /** Number of its isolate. */
  readonly number: number;
  /** What it inherited. */
  readonly surroundings: Surroundings;
  /** The modules that it has imported. */
  readonly modules: ReadonlySet<string>;
  /** Resolves when it has ended, or is somebody's child. */
  readonly gone: Promise<void>;
  #state: "starting" | "ready" | "leaving" | "taken" | "ended" = "starting";
  #options: ChildOptions;
  #child: Child;
  #events: SpareEvents;
  #receive: Receive;
  #closed: () => void = () => {};
  #left!: () => void;

  /**
   * Starts a spare.
   *
   * @throws {ProcessError} If it cannot be started.
   */
  constructor(
    options: ChildOptions,
    record: StartRecord,
    surroundings: Surroundings,
    events: SpareEvents,
  ) {
    this.#options = options;
    this.#events = events;
    this.number = record.number;
    this.surroundings = surroundings;
    this.modules = new Set(record.modules);
    this.gone = new Promise((resolve) => this.#left = resolve);
    this.#receive = (bytes) => this.#hear(bytes);
    this.#child = startChild(options, record);
    this.#child.channel.open(
      (bytes, attachments) => this.#receive(bytes, attachments),
      () => this.#closed(),
    );
    void this.#child.exited.then((code) => {
      isolateEnded(this.number, code < 0);
      this.#left();
      const state = this.#state;
      this.#state = "ended";
      if (state === "starting" || state === "ready") events.lost(this, code, state === "ready");
    });
  }

  /** Whether it can be taken. */
  get ready(): boolean {
    return this.#state === "ready";
  }

  /** Sends it away. It has a moment to run its exit handlers. */
  dismiss(): void {
    this.#state = "leaving";
    const { channel, exited } = this.#child;
    if (this.#options.method === "spawn") channel.close();
    else channel.send(word(LEAVE)); // a thread does not see the end of its channel
    void exited.then(later(LEAVE_MS, () => this.kill()));
  }

  /** Ends it at once. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Lets it be the child of a start record. `again` starts another one for the same record. */
  become(name: string, record: Message, again: () => Child): Child {
    this.#state = "taken";
    this.#options.name = name;
    const successor = new Successor(this.#child, this.#options.method === "spawn" ? again : null);
    this.#receive = (bytes, attachments) => successor.receive(bytes, attachments);
    this.#closed = () => successor.closed();
    this.#child.channel.send(record);
    this.#left();
    return successor;
  }

  #hear(bytes: Uint8Array): void {
    if (this.#state === "leaving") return;
    if (bytes[0] === READY) {
      this.#state = "ready";
      this.#events.ready(this);
    } else if (bytes[0] === FAILED) {
      this.#state = "leaving";
      this.#events.failed(this, readFailure(bytes));
    }
  }
}

/** The child that a spare has become. */
class Successor implements Child {
  readonly channel: Channel;
  readonly exited: Promise<number>;
  readonly stdout = null;
  readonly stderr = null;
  #child: Child;
  #again: (() => Child) | null;
  /** What a child that is started again has to be told again. */
  #sent: Message[] = [];
  #begun = false;
  #closedEarly = false;
  #wasClosed = false;
  #receive: Receive | null = null;
  #onClose: (() => void) | null = null;
  #early: { bytes: Uint8Array; attachments: readonly unknown[] }[] = [];

  constructor(child: Child, again: (() => Child) | null) {
    this.#child = child;
    this.#again = again;
    this.channel = {
      send: (message) => {
        if (this.#again !== null) this.#sent.push(message);
        this.#child.channel.send(message);
      },
      open: (receive, onClose) => this.#open(receive, onClose),
      flush: () => this.#child.channel.flush(),
      close: () => {
        this.#settle();
        this.#child.channel.close();
      },
    };
    this.exited = child.exited.then((code) => {
      if (this.#again !== null) return this.#restart();
      if (this.#closedEarly) this.closed();
      return code;
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  kill(signal: StopSignal): void {
    this.#settle();
    this.#child.kill(signal);
  }

  receive(bytes: Uint8Array, attachments: readonly unknown[]): void {
    if (!this.#begun) {
      this.#begun = bytes[0] === BEGUN;
      this.#settle();
    } else if (this.#receive === null) this.#early.push({ bytes, attachments });
    else this.#receive(bytes, attachments);
  }

  closed(): void {
    this.#closedEarly = this.#again !== null; // perhaps another one takes its place
    if (this.#closedEarly) return;
    this.#wasClosed = true;
    this.#onClose?.();
  }

  #open(receive: Receive, onClose: () => void): void {
    this.#receive = receive;
    this.#onClose = onClose;
    for (const { bytes, attachments } of this.#early.splice(0)) receive(bytes, attachments);
    if (this.#wasClosed) onClose();
  }

  /** From now on there is no other child: this one has begun, or is not wanted. */
  #settle(): void {
    this.#again = null;
    this.#sent = [];
  }

  async #restart(): Promise<number> {
    const again = this.#again!;
    const sent = this.#sent;
    this.#settle();
    this.#begun = true;
    try {
      this.#child = again();
    } catch (error) {
      this.closed();
      await runtime.writeError(`${(error as Error).message}\n`);
      return 1;
    }
    for (const message of sent) this.#child.channel.send(message);
    this.#child.channel.open(
      (bytes, attachments) => this.receive(bytes, attachments),
      () => this.closed(),
    );
    return await this.#child.exited;
  }
}
