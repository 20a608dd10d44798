/**
 * Layer 1, runtime. Memory that operating-system processes share, and sleeping on it. Linux only:
 * anonymous files (`memfd_create`), which have no name that could be left behind: others open them
 * through `/proc/PID/fd/N` of a process that holds them, and the kernel frees them with their last
 * user, also when everybody is killed. Sleeping is the futex system call.
 *
 * @module
 */

import { loadLibrary, whyNoLibrary } from "./c_library.ts";
import type { CLibrary, CSignature } from "./c_library.ts";
import { beganIn, ENDED, UNKNOWN } from "./proc_stat.ts";
import { nativeSwitch } from "./native_switch.ts";

const SIGNATURES = {
  memfd_create: [["bytes", "u32"], "i32"],
  open: [["bytes", "i32", "i32"], "i32"],
  close: [["i32"], "i32"],
  unlink: [["bytes"], "i32"],
  ftruncate: [["i32", "i64"], "i32"],
  fallocate: [["i32", "i32", "i64", "i64"], "i32"],
  lseek: [["i32", "i64", "i32"], "i64"],
  read: [["i32", "bytes", "size"], "i64"],
  mmap: [["size", "size", "i32", "i32", "i32", "i64"], "size"],
  munmap: [["size", "size"], "i32"],
  syscall: [["i64", "size", "i64", "i64", "bytes", "size", "i64"], "i64"],
  gettid: [[], "i32"],
  socket: [["i32", "i32", "i32"], "i32"],
  connect: [["i32", "bytes", "u32"], "i32"],
  send: [["i32", "bytes", "size", "i32"], "i64"],
  __errno_location: [[], "size"],
} as const satisfies Record<string, CSignature>;

const CLOEXEC = 1;
const O = { RDWR: 2, CREAT: 0o100, EXCL: 0o200, CLOEXEC: 0o2000000 };
const PROTECTION = 3; // read and write
const MAP_SHARED = 1;
const PUNCH_HOLE = 3; // keeping the size
const SEEK_END = 2;
const FUTEX = { WAIT: 0, WAKE: 1 };
const ERRNO = { ENOENT: 2, ESRCH: 3, EACCES: 13, EEXIST: 17 };
const SOCKET = { UNIX: 1, STREAM: 1 | 0o4000 | 0o2000000 }; // non-blocking, closed on exec
const MSG = 0x4000 | 0x40; // no signal, do not wait

/** A mapped range. */
export interface Mapping {
  /** The memory. */
  readonly buffer: ArrayBuffer;
  /** Where it is, for {@link Pages.wait} and {@link Pages.wake}. */
  readonly address: number;
}

/** Why something could not be opened. */
export type OpenFailure = "missing" | "exists" | "denied" | "failed";

/** Memory shared between processes. */
export class Pages {
  readonly #c: CLibrary<keyof typeof SIGNATURES>;
  readonly #futex: number;
  readonly #errno: Int32Array;
  readonly #time = new BigInt64Array(2);
  readonly #timeBytes = new Uint8Array(this.#time.buffer);
  readonly #reads = new Uint8Array(1024);
  readonly #unmap: FinalizationRegistry<readonly [address: number, bytes: number]>;

  constructor(arch: string) {
    this.#c = loadLibrary(SIGNATURES);
    this.#futex = arch === "arm64" || arch === "aarch64" ? 98 : 202;
    this.#errno = new Int32Array(this.#c.bufferAt(this.#c.call.__errno_location(), 4, null));
    this.#unmap = new FinalizationRegistry(([address, bytes]) => {
      this.#c.call.munmap(address, bytes);
    });
  }

  /** Makes an anonymous file; returns its descriptor. */
  create(name: string, bytes: number): number {
    const file = this.#c.call.memfd_create(text(name), CLOEXEC);
    if (file < 0) throw this.#failure("make shared memory");
    this.resize(file, bytes);
    return file;
  }

  /** Opens a file; returns its descriptor, or why there is none. */
  open(path: string, create = false): number | OpenFailure {
    const flags = O.RDWR | O.CLOEXEC | (create ? O.CREAT | O.EXCL : 0);
    const file = this.#c.call.open(text(path), flags, 0o600);
    if (file >= 0) return file;
    const errno = this.#errno[0];
    return errno === ERRNO.ENOENT
      ? "missing"
      : errno === ERRNO.EEXIST
      ? "exists"
      : errno === ERRNO.EACCES
      ? "denied"
      : "failed";
  }

  /** Closes a descriptor. What is mapped stays mapped. */
  close(file: number): void {
    this.#c.call.close(file);
  }

  /** Removes a name. Returns whether it was there. */
  unlink(path: string): boolean {
    return this.#c.call.unlink(text(path)) === 0;
  }

  /** The length of a file in bytes. */
  size(file: number): number {
    return this.#c.call.lseek(file, 0, SEEK_END);
  }

  /** Changes the length of a file. New bytes are zero and take no memory until they are touched. */
  resize(file: number, bytes: number): void {
    if (this.#c.call.ftruncate(file, bytes) !== 0) {
      throw this.#failure(`make shared memory of ${bytes} bytes`);
    }
  }

  /** Makes a file at least this long, never shorter, whoever else does the same. */
  extend(file: number, bytes: number): void {
    if (this.#c.call.fallocate(file, 0, bytes - 1, 1) !== 0) {
      throw this.#failure(`make shared memory of ${bytes} bytes`);
    }
  }

  /** Gives the memory of a range of a file back; it reads as zero from then on. */
  release(file: number, offset: number, bytes: number): void {
    this.#c.call.fallocate(file, PUNCH_HOLE, offset, bytes);
  }

  /** Maps a range of a file, until nobody can reach the buffer any more. */
  map(file: number, offset: number, bytes: number): Mapping {
    const address = this.#c.call.mmap(0, bytes, PROTECTION, MAP_SHARED, file, offset);
    if (address <= 0 || address > Number.MAX_SAFE_INTEGER) {
      throw this.#failure(`map ${bytes} bytes`);
    }
    const buffer = this.#c.bufferAt(address, bytes, "munmap");
    if (!this.#c.releases) this.#unmap.register(buffer, [address, bytes], buffer);
    return { buffer, address };
  }

  /** Detaches the buffer, so that a late access finds nothing, and unmaps the memory. */
  unmap({ buffer, address }: Mapping): void {
    const bytes = buffer.byteLength;
    if (bytes === 0) return;
    this.#unmap.unregister(buffer);
    buffer.transfer(0); // nothing stays: who releases does it now, not when a copy is collected
    if (!this.#c.releases) this.#c.call.munmap(address, bytes);
  }

  /** Blocks while the word at an address is `expected`, at most `ms` milliseconds. */
  wait(address: number, expected: number, ms: number): void {
    const time = this.#time;
    time[0] = BigInt(Math.floor(ms / 1000));
    time[1] = BigInt(Math.floor((ms % 1000) * 1e6));
    this.#c.call.syscall(this.#futex, address, FUTEX.WAIT, expected, this.#timeBytes, 0, 0);
  }

  /** Wakes whoever sleeps on the word at an address. */
  wake(address: number): void {
    this.#c.call.syscall(this.#futex, address, FUTEX.WAKE, 0x7fff_ffff, null, 0, 0);
  }

  /** The operating system's number of this thread. */
  thread(): number {
    return this.#c.call.gettid();
  }

  /** When a thread or process began, in ticks since the machine did; or ENDED, or UNKNOWN. */
  began(thread: number): number {
    const file = this.#c.call.open(text(`/proc/${thread}/stat`), O.CLOEXEC, 0);
    if (file < 0) return this.#isGone() ? ENDED : UNKNOWN;
    const length = this.#c.call.read(file, this.#reads, this.#reads.length);
    const gone = length < 0 && this.#isGone(); // it ended meanwhile
    this.#c.call.close(file);
    if (length <= 0) return gone ? ENDED : UNKNOWN;
    return beganIn(new TextDecoder().decode(this.#reads.subarray(0, length)));
  }

  /** Connects to an abstract unix socket; returns a descriptor, or -1 if nobody listens. */
  dial(name: string): number {
    const call = this.#c.call;
    const path = new TextEncoder().encode(name);
    const address = new Uint8Array(3 + path.length); // the family, a zero, the name
    address[0] = SOCKET.UNIX;
    address.set(path, 3);
    const socket = call.socket(SOCKET.UNIX, SOCKET.STREAM, 0);
    if (socket < 0) return -1;
    if (call.connect(socket, address, address.length) === 0) return socket;
    call.close(socket);
    return -1;
  }

  /** Sends a byte. Returns false if the other side is gone; a full socket is rung already. */
  ring(socket: number): boolean {
    return this.#c.call.send(socket, ONE, 1, MSG) === 1 || this.#errno[0] === EAGAIN;
  }

  /** Whether the last call has found no process or thread: any other failure says nothing of it. */
  #isGone(): boolean {
    return this.#errno[0] === ERRNO.ENOENT || this.#errno[0] === ERRNO.ESRCH;
  }

  #failure(action: string): Error {
    return new Error(`Cannot ${action}: the operating system says error ${this.#errno[0]}`);
  }
}

const ONE = new Uint8Array(1);
const EAGAIN = 11;

function text(value: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(value + "\0");
}

let pages: Pages | null = null;
let reason: string | null | undefined;

/** The shared memory of this machine; `null` where it cannot be mapped: see {@link whyNoPages}. */
export function sharedPages(): Pages | null {
  if (reason === undefined) {
    reason = nativeSwitch() ? whyNoLibrary() : "MANYCORE_NATIVE=0 forbids it";
    if (reason === null) {
      try {
        pages = new Pages("Deno" in globalThis ? Deno.build.arch : process.arch);
      } catch (error) {
        reason = (error as Error).message;
      }
    }
  }
  return pages;
}

/** Why memory cannot be shared with other processes here; `null` where it can. */
export function whyNoPages(): string | null {
  return sharedPages() === null ? reason! : null;
}
