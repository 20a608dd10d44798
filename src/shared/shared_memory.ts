/**
 * Layer 8, shared. The public class `SharedMemory`: bytes that any program can attach to by name.
 * May touch the rest of this folder; the names and files are `segments.ts`'s.
 *
 * Handle: NAMED · name, or BUFFER · name · attachment
 *
 * @module
 */

import { ProcessError, ProtocolError, SerializationError } from "../errors.ts";
import { showsAs } from "../inspect.ts";
import { methodOf } from "../park/start_method.ts";
import type { StartMethod } from "../park/start_method.ts";
import { show } from "../show.ts";
import { registerInternal } from "../wire/classes.ts";
import type { WireInput, WireOutput } from "../wire/classes.ts";
import { checkName } from "./segment_names.ts";
import { closeSegment, createSegment, openSegment, unlinkSegment } from "./segments.ts";
import type { Segment } from "./segments.ts";

/** Which shared memory to make or to attach to. */
export interface SharedMemoryOptions {
  /** The name. Default, with `create`: a new one. */
  readonly name?: string;
  /** Whether to make it, `true`, or to attach to what is there. Default `false`. */
  readonly create?: boolean;
  /** Bytes; with `create` only. */
  readonly size?: number;
}

const NAMED = 0;
const BUFFER = 1;

let threads = 0;

/** What an object has mapped, for its codec: fails if it is closed. */
let segmentOf: (memory: SharedMemory, action: string) => Segment;

/**
 * A block of bytes in memory that processes share, with a name by which any program attaches to it,
 * also one in another language: it is the file of that name in `/dev/shm`, with exactly these bytes.
 *
 * - **Two ends**: {@link SharedMemory.close} gives up this object's view, {@link SharedMemory.unlink}
 *   removes the name. The memory is freed when nobody has it mapped and the name is gone.
 * - **Who removes it**: whoever calls `unlink`, or the process that made it, when it ends by itself.
 *   Attaching never removes anything. If the process that made it is killed, the name stays; one
 *   that was not chosen by you is removed by the next process that makes shared memory.
 * - **Travelling**: by name. What arrives is attached to the same memory.
 *
 * In the thread context there are no names, and the bytes are a `SharedArrayBuffer`.
 *
 * @example
 * ```ts
 * import { SharedMemory } from "@manycore/multiprocessing";
 *
 * using memory = new SharedMemory({ create: true, size: 16 });
 * memory.buf[0] = 7;
 * using other = new SharedMemory({ name: memory.name }); // in any process
 * console.log(other.buf[0]); // 7
 * memory.unlink();
 * ```
 */
export class SharedMemory {
  /** The start method of this class; `null` for the default one. Set by contexts. */
  static readonly startMethod: StartMethod | null = null;

  /** The name by which others attach. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly #segment: Segment;
  #buf: Uint8Array<ArrayBufferLike> | null;

  static {
    segmentOf = (memory, action) => {
      if (memory.#buf !== null) return memory.#segment;
      throw new ProcessError(
        `Cannot ${action} the shared memory ${
          JSON.stringify(memory.name)
        }: this object is closed; ` +
          "attach again by its name",
      );
    };
  }

  /**
   * Makes shared memory, all zero, or attaches to some.
   *
   * @param options What to make or attach to.
   * @throws {RangeError} If the size is no positive whole number, or the name cannot be one.
   * @throws {TypeError} If an option has the wrong type, or there is no name to attach to.
   * @throws {ProcessError} If the name exists already, or does not exist, or this process cannot
   * map shared pages.
   */
  constructor(options: SharedMemoryOptions) {
    const given: unknown = options;
    const segment = given instanceof Arrived ? given : choose(options, methodOf(new.target));
    this.name = segment.name;
    this.size = segment.buffer.byteLength;
    this.#segment = segment;
    this.#buf = new Uint8Array(segment.buffer);
  }

  /**
   * The bytes. For numbers of another type make a view of the same memory, not a copy of the bytes:
   * `new Float64Array(memory.buf.buffer, memory.buf.byteOffset, length)`.
   *
   * @throws {ProcessError} If this object is closed.
   */
  get buf(): Uint8Array<ArrayBufferLike> {
    return this.#buf ?? segmentOf(this, "use buf of") as never;
  }

  /**
   * Gives up this object's view: every array over it is empty from then on, except in the thread
   * context. The memory stays for others. Closing twice does nothing.
   */
  close(): void {
    if (this.#buf === null) return;
    this.#buf = null;
    closeSegment(this.#segment);
  }

  /**
   * Removes the name, once for all: nobody can attach by it any more, and whoever has the memory
   * keeps it. In the thread context there is no name to remove.
   *
   * @throws {ProcessError} If the name is gone already.
   */
  unlink(): void {
    if (this.#segment.mapping !== null) unlinkSegment(this.name);
  }

  /** As {@link SharedMemory.close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** As the constructor, for a class of any context. */
export function makeMemory(options: SharedMemoryOptions, method: StartMethod): SharedMemory {
  return new SharedMemory(new Arrived(choose(options, method)));
}

/** What the constructor is given in place of options when the memory is mapped already. */
class Arrived implements Segment {
  readonly name: string;
  readonly mapping: Segment["mapping"];
  readonly buffer: ArrayBufferLike;

  constructor({ name, mapping, buffer }: Segment) {
    this.name = name;
    this.mapping = mapping;
    this.buffer = buffer;
  }
}

function choose(options: SharedMemoryOptions, method: StartMethod): Segment {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `Cannot make shared memory from ${show(options)}: give { create: true, size }, or { name }`,
    );
  }
  const { create = false, size } = options;
  const action = create ? "make shared memory" : "attach to shared memory";
  const name = options.name == null ? null : checkName(options.name, action);
  if (name === null && !create) {
    throw new TypeError(
      "Cannot attach to shared memory without a name: give { name }, or { create: true, size }",
    );
  }
  if (create) checkSize(size);
  if (method === "spawn") {
    return name === null || create ? createSegment(name, size!) : openSegment(name);
  }
  if (name !== null) {
    throw new ProcessError(
      `Cannot ${action} with the name ${
        JSON.stringify(name)
      } in the thread context, which has no ` +
        'names: hand the object over, or use getContext("spawn").SharedMemory',
    );
  }
  return { name: `thread-${++threads}`, mapping: null, buffer: new SharedArrayBuffer(size!) };
}

function checkSize(size: unknown): void {
  if (typeof size !== "number") {
    throw new TypeError(
      `Cannot make shared memory of size ${show(size)}: give a number of bytes, such as 4096`,
    );
  }
  if (!Number.isSafeInteger(size) || size <= 0) {
    throw new RangeError(
      `Cannot make shared memory of ${size} bytes: give a whole number of at least 1`,
    );
  }
}

function write(output: WireOutput, memory: SharedMemory): void {
  const { name, mapping, buffer } = segmentOf(memory, "send");
  if (mapping !== null) {
    output.u8(NAMED);
    return output.string(name);
  }
  if (output.route === "process") {
    throw new SerializationError(
      "it was made in the thread context and lives in this process only; use " +
        'getContext("spawn").SharedMemory to share it with other processes',
    );
  }
  output.u8(BUFFER);
  output.string(name);
  output.varint(output.attach(buffer));
}

function read(input: WireInput): SharedMemory {
  const kind = input.u8();
  const name = input.string();
  if (kind === NAMED) return new SharedMemory(new Arrived(openSegment(checkName(name, "attach"))));
  const buffer = kind === BUFFER ? input.attachment(input.varint()) : null;
  if (!(buffer instanceof SharedArrayBuffer)) throw new ProtocolError("Shared memory has no bytes");
  return new SharedMemory(new Arrived({ name, mapping: null, buffer }));
}

registerInternal(SharedMemory, "SharedMemory", import.meta.url, { encode: write, decode: read });
showsAs(SharedMemory, () => ({})); // name and size are its own; some runtimes would add its methods
