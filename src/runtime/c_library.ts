/**
 * Layer 1, runtime. The C library through the runtime's own foreign function interface: one way to
 * call it from Deno, Bun and Node. Owns nothing but the loaded library.
 *
 * @module
 */

import { granted } from "./deno_permissions.ts";

/** Types of parameters and results. `i64` and `size` are numbers here, `bytes` is lent to the call. */
export type CType = "i32" | "u32" | "i64" | "size" | "bytes";
/** What a function takes and returns. */
export type CSignature = readonly [parameters: readonly CType[], result: "i32" | "i64" | "size"];
/** What is passed for a parameter. */
export type CValue = number | Uint8Array<ArrayBuffer> | null;
/** A function of the library. */
export type CFunction = (...values: CValue[]) => number;

/** A loaded library. */
export interface CLibrary<Name extends string> {
  /** Its functions. */
  readonly call: Readonly<Record<Name, CFunction>>;
  /** A buffer over memory that the library gave. `release` names a function (address, length). */
  bufferAt(address: number, length: number, release: Name | null): ArrayBuffer;
  /** Whether `bufferAt` releases what it was given when nobody can reach the buffer any more. */
  readonly releases: boolean;
}

const LIBRARIES = ["libc.so.6", "libc.so"];

/** Why the C library cannot be called here, or `null`. */
export function whyNoLibrary(): string | null {
  if ("Deno" in globalThis) {
    if (Deno.build.os !== "linux") return `pages are not shared on ${Deno.build.os} yet`;
    // Beside the library itself the bells of `bell_socket.ts`: abstract sockets count as files.
    const missing = (["ffi", "net", "read", "write"] as const).filter((name) => !granted({ name }));
    if (missing.length === 0) return null;
    // Where single programs may be run, these may not be written: that, too, is a part only.
    const parts = missing.some((name) => Deno.permissions.querySync({ name }).state === "granted");
    return `Deno needs ${missing.map((name) => `--allow-${name}`).join(" ")} for it` +
      (parts ? ", without lists, and --allow-run without a list as well" : "");
  }
  if (process.platform !== "linux") return `pages are not shared on ${process.platform} yet`;
  if ("Bun" in globalThis) return null;
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 26) return `Node ${process.versions.node} has no node:ffi, Node 26 has`;
  const { permission } = process as { permission?: { has(scope: string): boolean } };
  return permission && !permission.has("ffi") ? "Node needs --allow-ffi for it" : null;
}

/** Loads the C library. Throws if it cannot be loaded. */
export function loadLibrary<Name extends string>(
  signatures: Readonly<Record<Name, CSignature>>,
): CLibrary<Name> {
  const load = "Deno" in globalThis ? loadInDeno : "Bun" in globalThis ? loadInBun : loadInNode;
  let failure: unknown;
  for (const path of LIBRARIES) {
    try {
      return load(path, signatures);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

type Loose = Record<string, (...values: unknown[]) => unknown>;

function convert<Name extends string>(
  signatures: Readonly<Record<Name, CSignature>>,
  functions: Loose,
  pass: (value: CValue, type: CType) => unknown,
): Record<Name, CFunction> {
  const call = {} as Record<Name, CFunction>;
  for (const name of Object.keys(signatures) as Name[]) {
    const [types, result] = signatures[name];
    const native = functions[name];
    call[name] = types.every((type) => type === "i32") && result === "i32"
      ? native as CFunction
      : (...values) => Number(native(...values.map((value, i) => pass(value, types[i]))));
  }
  return call;
}

function describe<Name extends string, T>(
  signatures: Readonly<Record<Name, CSignature>>,
  as: (parameters: string[], result: string) => T,
  names: Readonly<Record<CType, string>>,
  results: Readonly<Record<string, string>>,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries<CSignature>(signatures).map(([name, [types, result]]) => [
      name,
      as(types.map((type) => names[type]), results[result]),
    ]),
  );
}

function loadInDeno<Name extends string>(
  path: string,
  signatures: Readonly<Record<Name, CSignature>>,
): CLibrary<Name> {
  const names = { i32: "i32", u32: "u32", i64: "i64", size: "usize", bytes: "buffer" };
  const symbols = describe(signatures, (parameters, result) => ({ parameters, result }), names, {
    ...names,
  });
  const library = Deno.dlopen(path, symbols as Deno.ForeignLibraryInterface);
  return {
    call: convert(
      signatures,
      library.symbols as unknown as Loose,
      (value, type) => type === "i64" || type === "size" ? BigInt(value as number) : value,
    ),
    bufferAt: (address, length) =>
      Deno.UnsafePointerView.getArrayBuffer(
        Deno.UnsafePointer.create(BigInt(address))! as Deno.PointerObject,
        length,
      ) as ArrayBuffer,
    releases: false,
  };
}

/** The part of `bun:ffi` that is used here. */
interface BunFfi {
  dlopen(path: string, symbols: object): { symbols: Loose & Record<string, { ptr: number }> };
  toArrayBuffer(
    address: number,
    offset: number,
    length: number,
    context?: number,
    release?: number,
  ): ArrayBuffer;
}

function loadInBun<Name extends string>(
  path: string,
  signatures: Readonly<Record<Name, CSignature>>,
): CLibrary<Name> {
  const ffi = (process.getBuiltinModule as (name: string) => unknown)("bun:ffi") as BunFfi;
  const names = { i32: "i32", u32: "u32", i64: "i64", size: "u64", bytes: "ptr" };
  const { symbols } = ffi.dlopen(
    path,
    describe(signatures, (args, returns) => ({ args, returns }), names, {
      i32: "i32",
      i64: "i64_fast",
      size: "u64_fast",
    }),
  );
  return {
    call: convert(signatures, symbols, (value) => value),
    // The engine calls release(address, context) when the memory itself is no longer referred to.
    bufferAt: (address, length, release) =>
      release === null
        ? ffi.toArrayBuffer(address, 0, length)
        : ffi.toArrayBuffer(address, 0, length, length, symbols[release].ptr),
    releases: true,
  };
}

/** The part of `node:ffi` that is used here. */
interface NodeFfi {
  dlopen(path: string, symbols: object): { functions: Loose };
  toArrayBuffer(address: bigint, length: number, copy: boolean): ArrayBuffer;
  getRawPointer(buffer: ArrayBuffer): bigint;
}

function loadInNode<Name extends string>(
  path: string,
  signatures: Readonly<Record<Name, CSignature>>,
): CLibrary<Name> {
  const ffi = (process.getBuiltinModule as (name: string) => unknown)("node:ffi") as NodeFfi;
  const names = { i32: "i32", u32: "u32", i64: "i64", size: "u64", bytes: "pointer" };
  const { functions } = ffi.dlopen(
    path,
    describe(signatures, (args, result) => ({ arguments: args, return: result }), names, names),
  );
  return {
    call: convert(signatures, functions, (value, type) => {
      if (type === "i64" || type === "size") return BigInt(value as number);
      if (type !== "bytes") return value;
      if (value === null) return 0n;
      const bytes = value as Uint8Array<ArrayBuffer>;
      return ffi.getRawPointer(bytes.buffer) + BigInt(bytes.byteOffset);
    }),
    bufferAt: (address, length) => ffi.toArrayBuffer(BigInt(address), length, false),
    releases: false,
  };
}
